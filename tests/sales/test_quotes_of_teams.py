"""Whoever works on a deal of somebody else changes its quotes as well, as far as the role goes, and no others."""

import pytest

from crm.access.why import reasons
from crm.models import RoleGrant
from sales.actions.deal_people import put_on_team, take_off_team
from sales.actions.quotes import create_quote
from sales.models import Quote
from tests.factories.crm import TeamFactory, UserFactory
from tests.factories.deals import OpportunityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(rep):
    return OpportunityFactory(owner=rep, topic="Fleet of 40")


@pytest.fixture
def draft(deal, rep):
    return create_quote(opportunity=deal, by=rep)


@pytest.fixture
def engineer(deal, rep):
    """Of another team, who sees nothing of ours but this deal."""
    engineer = UserFactory(name="Eva Expert", team=TeamFactory(name="Engineering"), roles=["rep"])
    put_on_team(deal, engineer, role="expert", by=rep)
    return engineer


def fresh(user):
    return type(user).objects.get(pk=user.pk)


def edited(client, draft, **more):
    """What the form of a draft without lines sends."""
    facts = {
        "billing_name": draft.billing_name, "valid_until": draft.valid_until.isoformat(), "price_list": "",
        "contact": draft.contact_id or "", "version": draft.version, "discount": "", "freight": "", "notes": "",
    }  # fmt: skip
    return client.post(f"{draft.get_absolute_url()}edit/", {**facts, **more})


def api(client, method, draft, body=None, path=""):
    return getattr(client, method)(f"/api/v1/quotes/{draft.pk}/{path}", body, content_type="application/json")


def test_a_member_of_the_team_changes_activates_and_revises_the_quotes_of_the_deal(client, draft, engineer, rep):
    client.force_login(engineer)
    assert "Edit" in client.get(draft.get_absolute_url()).text
    assert edited(client, draft, notes="With forty seats").status_code == 302
    draft.refresh_from_db()
    assert (draft.notes, draft.owner) == ("With forty seats", rep)
    assert reasons(fresh(engineer), draft, "change") == ["You are on the sales team of its deal."]
    assert api(client, "patch", draft, {"lines": [{"name": "Setup", "unit_price": "100"}]}).status_code == 200
    client.post(f"{draft.get_absolute_url()}activate/")
    draft.refresh_from_db()
    assert draft.status == "active"
    assert api(client, "post", draft, {}, "revise/").status_code == 201
    assert Quote.objects.get(revision=draft.revision + 1).status == "draft"


def test_a_member_changes_it_by_the_api(client, draft, engineer):
    client.force_login(engineer)
    answer = api(client, "patch", draft, {"notes": "By the API", "lines": [{"name": "Setup", "unit_price": "100"}]})
    assert (answer.status_code, answer.json()["notes"]) == (200, "By the API")
    assert draft.lines.count() == 1


def test_a_member_neither_deletes_a_quote_nor_gives_it_away(client, draft, engineer, rep):
    client.force_login(engineer)
    assert "Delete the draft" not in client.get(draft.get_absolute_url()).text
    assert client.post(f"{draft.get_absolute_url()}delete/").status_code == 403
    assert api(client, "delete", draft).status_code == 403
    assert api(client, "patch", draft, {"owner": engineer.pk}).status_code == 403
    edited(client, draft, owner=engineer.pk)
    draft.refresh_from_db()
    assert (draft.owner, draft.deleted_at) == (rep, None)


def test_the_owner_still_deletes_and_gives_away(client, draft, rep, manager):
    client.force_login(rep)
    assert "Delete the draft" in client.get(draft.get_absolute_url()).text
    assert api(client, "patch", draft, {"owner": manager.pk}).status_code == 200
    mine = create_quote(opportunity=draft.opportunity, owner=rep, by=rep)
    assert client.post(f"{mine.get_absolute_url()}delete/").status_code == 302
    assert not Quote.objects.alive().filter(pk=mine.pk).exists()


@pytest.mark.parametrize("resource", ["sales.quote", "sales.opportunity"])
def test_a_member_whose_role_only_reads_sees_the_quote_and_changes_nothing(client, draft, engineer, resource):
    RoleGrant.objects.filter(role__key="rep", resource=resource, verb="change").update(depth=0)
    client.force_login(fresh(engineer))
    page = client.get(draft.get_absolute_url())
    assert page.status_code == 200
    assert f"{draft.get_absolute_url()}edit/" not in page.text
    for way in ("edit/", "activate/"):
        assert client.post(f"{draft.get_absolute_url()}{way}").status_code == 403
    assert api(client, "patch", draft, {"notes": "No"}).status_code == 403
    assert api(client, "post", draft, {}, "activate/").status_code == 403
    draft.refresh_from_db()
    assert (draft.notes, draft.status) == ("", "draft")


def test_whoever_only_sees_the_deal_or_was_taken_off_its_team_changes_no_quote(
    client, draft, engineer, deal, rep, team
):
    colleague = UserFactory(team=team, roles=["rep"])
    client.force_login(colleague)
    assert client.get(draft.get_absolute_url()).status_code == 200
    assert api(client, "patch", draft, {"notes": "No"}).status_code == 403
    other = create_quote(opportunity=OpportunityFactory(owner=rep), by=rep)
    client.force_login(engineer)
    assert api(client, "patch", other, {"notes": "No"}).status_code == 404
    take_off_team(deal.members.get(), by=rep)
    assert api(client, "patch", draft, {"notes": "No"}).status_code == 404
