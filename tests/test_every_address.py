"""Every address of the product is either declared open, or shut to strangers and to people without a role.

A new page that forgets to ask who is there fails here, and so does one that shows a colleague of another team what is not
theirs. What stands in OPEN_TO_STRANGERS needs no sign-in; what stands in OPEN_TO_EVERYBODY shows a person their own.
"""

import re

import pytest
from django.urls import URLResolver, get_resolver

from tests.factories.catalogue import ProductFactory
from tests.factories.crm import AccountFactory, ActivityFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory, OpportunityFactory

OPEN_TO_STRANGERS = (
    "t/", "unsubscribe/", "preferences/", "healthz", "setup/", "f/", "e/", "p/", "track.js", "auth/", "api/schema/", "api/docs/",
    "invitations/", "hooks/", "m/", "confirm/", "admin/login/", "admin/logout/", "admin/jsi18n/", "static/", "join/",
)  # fmt: skip
OPEN_TO_EVERYBODY = (
    "", "search/", "notifications/", "settings/", "choose/", "mentions/", "api/v1/", "bulk/", "calendar/", "views/",
    "rules/", "following/", "timeline/", "history/", "imports/", "tags/", "files/", "share/", "records/", "lists/", "opportunities/account-names/",
    "opportunities/contact-names/", "opportunities/board/", "my-work/", "approvals/", "lines/", "leads/known/",
)  # fmt: skip
"""Lists of one's own; and doors that take the name of a record, which is looked for among what one may see (tested beside)."""


def addresses(resolver=None, prefix=""):
    """(address with every argument filled in, name) of the whole product."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, route)
        else:
            yield filled(route), str(pattern.pattern)


def filled(route):
    """“contacts/<int:pk>/” and “^contacts/(?P<pk>…)/$” with 1 in the place of each argument."""
    plain = re.sub(r"<[^>]+>", "1", re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)", "1", route))
    return re.sub(r"[\^$\\]|\.\?|\(\?:[^)]*\)\??|/\?", "", plain)


ADDRESSES = sorted({address for address, _ in addresses()})


def is_open(address, doors):
    return any(address == door or (door and address.startswith(door)) for door in doors)


@pytest.fixture
def theirs(db):
    """One record of every kind, number 1 where the database allows it, all of the team South."""
    south = UserFactory(team=TeamFactory(name="South"), roles=["rep"])
    contact = ContactFactory(owner=south)
    return [
        contact, AccountFactory(owner=south), LeadFactory(owner=south, contact=contact), OpportunityFactory(owner=south),
        ActivityFactory(owner=south), ProductFactory(owner=south),
    ]  # fmt: skip


def shut(answer):
    """No page of ours: sent to sign in, refused, unknown, or not to be read at all."""
    leads_to_sign_in = answer.status_code in (301, 302) and "/login/" in answer["Location"]
    return leads_to_sign_in or answer.status_code in (400, 401, 403, 404, 405, 410, 422)


def test_no_page_opens_to_a_stranger_unless_it_is_declared(client, theirs):
    opened = [a for a in ADDRESSES if not is_open(a, OPEN_TO_STRANGERS) and not shut(client.get(f"/{a}"))]
    assert opened == []


def test_no_page_opens_to_somebody_without_a_role_unless_it_is_their_own(client, theirs):
    client.force_login(UserFactory(team=TeamFactory(name="Nowhere"), roles=[]))
    own = OPEN_TO_STRANGERS + OPEN_TO_EVERYBODY
    opened = []
    for address in ADDRESSES:
        if is_open(address, own):
            continue
        answer = client.get(f"/{address}")
        if not shut(answer) and not _is_an_empty_list(answer):
            opened.append(address)
    assert opened == []


def _is_an_empty_list(answer):
    """A list of what one may see, which is nothing."""
    page = answer.context and answer.context.get("page") if answer.status_code == 200 else None
    return page is not None and not list(page)
