"""API tokens: their scope narrows the rights of their user, never widens them; dead when revoked, old, or the user has left."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from crm.access.depths import depth_of
from crm.api.tokens import create_token, user_of
from crm.hooks.resources import resources
from crm.models import ApiToken, Contact
from tests.factories.crm import AccountFactory, ContactFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_counters():
    cache.clear()


def bearer(user, **scope):
    return {"authorization": f"Bearer {create_token(user, 'x', **scope)[1]}"}


def test_a_token_that_may_only_read_changes_nothing_and_says_what_it_lacks(client, rep):
    contact = ContactFactory(owner=rep)
    key = bearer(rep, may_write=False)
    assert client.get(f"/api/v1/contacts/{contact.pk}/", headers=key).status_code == 200
    for send in (client.patch, client.put):
        answer = send(f"/api/v1/contacts/{contact.pk}/", {"city": "Pune"}, "application/json", headers=key)
        assert answer.status_code == 403
        assert answer.json()["title"] == "This token may only read: it lacks the scope “write”."
    assert client.post("/api/v1/contacts/", {"last_name": "X"}, "application/json", headers=key).status_code == 403
    assert client.delete(f"/api/v1/contacts/{contact.pk}/", headers=key).status_code == 403
    assert Contact.objects.get().city == ""


def test_a_token_for_some_resources_reaches_no_other(client, rep):
    ContactFactory(owner=rep)
    key = bearer(rep, resources=["crm.contact"])
    assert len(client.get("/api/v1/contacts/", headers=key).json()["results"]) == 1
    answer = client.get("/api/v1/accounts/", headers=key)
    assert answer.status_code == 403
    assert answer.json()["title"].startswith("This token lacks the scope “Accounts”.")


def test_a_record_outside_the_scope_cannot_even_be_named(client, rep):
    account = AccountFactory(owner=rep)
    facts = {"last_name": "X", "account": account.pk}
    narrow = bearer(rep, resources=["crm.contact"])
    assert client.post("/api/v1/contacts/", facts, "application/json", headers=narrow).status_code == 400
    assert client.post("/api/v1/contacts/", facts, "application/json", headers=bearer(rep)).status_code == 201


def test_a_scope_never_widens_the_rights_of_its_user(client, rep, sven):
    theirs = ContactFactory(owner=sven)
    key = bearer(rep, may_write=True, resources=["crm.contact", "crm.company"])
    assert client.get(f"/api/v1/contacts/{theirs.pk}/", headers=key).status_code == 404
    assert depth_of(user_of(key["authorization"].split()[1]), "crm.company", "change") == 0


def test_a_scope_narrows_even_an_administrator(client, administrator):
    ContactFactory()
    key = bearer(administrator, may_write=False, resources=["crm.contact"])
    user = user_of(key["authorization"].split()[1])
    assert {(r.name, v) for r in resources.values() for v in r.verbs if depth_of(user, r.name, v)} == {
        ("crm.contact", "view"),
        ("crm.contact", "export"),
    }


def test_every_resource_of_the_api_names_what_a_token_must_reach():
    """A token for one resource must not read another one by a view that forgot to say which it is."""
    from config.api import router
    from crm.api.authentication import BY_ITS_RECORD, _resource_of

    unnamed = {
        prefix
        for prefix, view, _name in router.registry
        if (getattr(view, "resource", "") or _resource_of(view))
        not in {BY_ITS_RECORD, *(r.name for r in resources.values())}
    }
    assert unnamed == set()


def test_a_token_is_dead_when_revoked_old_or_its_user_has_left(client, rep):
    key = bearer(rep)
    assert client.get("/api/v1/contacts/", headers=key).status_code == 200
    assert ApiToken.objects.get().last_used_at is not None
    for change, back in (
        ({"revoked_at": timezone.now()}, {"revoked_at": None}),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, {"expires_at": None}),
    ):
        ApiToken.objects.update(**change)
        assert client.get("/api/v1/contacts/", headers=key).status_code == 401
        ApiToken.objects.update(**back)
    rep.is_active = False
    rep.save()
    assert client.get("/api/v1/contacts/", headers=key).status_code == 401


def test_guessing_is_slowed_down_and_a_right_token_goes_on_working(client, rep):
    key = bearer(rep)
    wrong = {"authorization": "Bearer tdm_abcdabcd_guess"}
    assert {client.get("/api/v1/contacts/", headers=wrong).status_code for _ in range(30)} == {401}
    answer = client.get("/api/v1/contacts/", headers=wrong)
    assert (answer.status_code, answer["Retry-After"]) == (429, "300")
    assert client.get("/api/v1/contacts/", headers=key).status_code == 200


def test_a_token_is_made_with_its_scope_on_the_page(client, rep):
    client.force_login(rep)
    page = client.get("/settings/tokens/").content.decode()
    assert 'value="crm.contact"' in page
    assert 'value="crm.company"' not in page, "a rep reaches no company settings"
    facts = {"name": "Website", "may": "read", "days": 30, "resources": ["crm.contact", "sales.lead"]}
    client.post("/settings/tokens/", facts)
    token = ApiToken.objects.get()
    assert (token.may_write, token.resources) == (False, ["crm.contact", "sales.lead"])
    assert "only read: Contacts, Leads" in client.get("/settings/tokens/").content.decode()


def test_administrators_see_and_revoke_everybodys(client, administrator, manager, rep):
    key = bearer(rep)
    client.force_login(manager)
    assert client.get("/admin/crm/apitoken/").status_code == 403
    client.force_login(administrator)
    assert "Rita Rep" in client.get("/admin/crm/apitoken/").content.decode()
    pk = ApiToken.objects.get().pk
    client.post("/admin/crm/apitoken/", {"action": "revoke", "_selected_action": [pk]})
    client.logout()
    assert client.get("/api/v1/contacts/", headers=key).status_code == 401
