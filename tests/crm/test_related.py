"""The tab “Related”: what hangs on an account or a contact, counted within what its reader sees, as quick at ten thousand."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.models import Activity, Contact
from crm.queries import related
from crm.queries.related import boxes_of
from crm.web.related import people_address
from tests.factories.crm import AccountFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory, OpportunityFactory

pytestmark = pytest.mark.django_db


def counts(record, user):
    return {box.of.name: box.count for box in boxes_of(record, user) if box.count}


def test_each_box_counts_what_its_reader_sees(rep):
    account = AccountFactory(owner=rep)
    asha = ContactFactory(account=account, owner=rep)
    ContactFactory(account=account, owner=UserFactory(team=TeamFactory()))
    OpportunityFactory(account=account, contact=asha, owner=rep)
    LeadFactory(account=account, contact=asha, owner=rep)
    assert counts(account, rep) == {"contacts": 1, "opportunities": 1, "leads": 1}
    assert counts(asha, rep) == {"opportunities": 1, "leads": 1}


def test_see_all_opens_the_list_of_exactly_these(client, rep):
    account = AccountFactory(owner=rep)
    for _ in range(6):
        ContactFactory(account=account, owner=rep)
    ContactFactory(account=account, owner=rep, is_active=False)
    ContactFactory(owner=rep)
    client.force_login(rep)
    page = client.get(account.get_absolute_url(), {"tab": "related"})
    assert "See all 7" in page.text
    listed = client.get(people_address(account))
    assert len(listed.context["list"].rows) == 7


def test_ten_thousand_people_cost_the_same_questions_and_are_not_counted_out(client, rep, monkeypatch):
    monkeypatch.setattr(related, "CAP", 1000)
    account = AccountFactory(owner=rep)
    Contact.objects.bulk_create(
        [Contact(last_name=f"P{n}", account=account, owner=rep) for n in range(10_000)], batch_size=1000
    )
    Activity.objects.bulk_create(
        [Activity(kind="note", subject=f"N{n}", account=account, owner=rep) for n in range(10_000)], batch_size=1000
    )
    client.force_login(rep)
    client.get(account.get_absolute_url())
    with CaptureQueriesContext(connection) as asked:
        page = client.get(account.get_absolute_url(), {"tab": "related"})
    assert "See all 1,000+" in page.text
    assert len(asked) <= 20


def test_a_role_that_opens_no_quotes_shows_no_box_of_them(marketer):
    account = AccountFactory(owner=marketer)
    assert "quotes" not in [box.of.name for box in boxes_of(account, marketer)]
