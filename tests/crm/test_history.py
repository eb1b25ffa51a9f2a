"""The history in words: who, when, from what to what, from where; filtered, paged, within what its reader may see."""

import pytest
from django.urls import reverse

from crm.actions.records import change_record
from crm.actions.tags import set_tags
from crm.audit import changing, keep_in_bulk
from crm.hooks import records
from crm.hooks.records import Field
from crm.models import Account
from crm.queries.history import history_of
from journeys.models import Journey
from tests.factories.crm import AccountFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory

pytestmark = pytest.mark.django_db


def told(record, reader, **asked):
    """[(who, verb, source, [(field, before, after)])], newest first."""
    return [
        (str(e.who or ""), e.verb, e.source, [(c.field, c.before, c.after) for c in e.changes])
        for e in history_of(record, reader, **asked).events
    ]


def changes(record, reader, **asked):
    return [change for *_, found in told(record, reader, **asked) for change in found]


def test_choices_are_told_by_their_label_and_records_by_their_name(rep):
    lead = change_record(LeadFactory(owner=rep, rating="warm"), {"rating": "hot"}, by=rep)
    account = change_record(AccountFactory(), {"parent": AccountFactory(name="Holding")}, by=rep)
    assert changes(lead, rep)[0] == ("Rating", "Warm", "Hot")
    assert changes(account, rep)[0] == ("Parent account", "", "Holding")


def test_a_record_that_its_reader_may_not_see_has_no_name(rep):
    hidden = ContactFactory(owner=UserFactory(team=TeamFactory()), last_name="Secret")
    account = change_record(AccountFactory(), {"primary_contact": hidden}, by=rep)
    assert changes(account, rep)[0] == ("Primary contact", "", "a record you may not see")
    assert changes(account, hidden.owner)[0][2] == "a record you may not see"


def test_yes_and_no_tags_and_owners_are_words(rep, manager):
    contact = change_record(ContactFactory(owner=rep), {"owner": manager}, by=rep)
    set_tags(contact, ["VIP"], by=rep)
    assert changes(contact, rep)[:2] == [("Tags", "", "VIP"), ("Owner", "Rita Rep", "Max Manager")]


def test_custom_fields_are_told_by_their_labels(rep, monkeypatch):
    plan = Field("custom.plan", "Plan", "choice", choices=lambda: [("gold", "Gold plan")])
    monkeypatch.setattr(records, "_more", [lambda kind: [plan] if kind == "crm.account" else []])
    account = change_record(AccountFactory(custom={"old": "kept"}), {"custom.plan": "gold"}, by=rep)
    assert changes(account, rep)[0] == ("Plan", "", "Gold plan")
    assert changes(account, rep, only="custom.plan") == [("Plan", "", "Gold plan")]
    assert changes(account, rep, only="custom.other") == []


def test_making_binning_and_restoring_are_events(rep):
    account = AccountFactory(name="Northwind")
    for moment in ("2026-11-28 10:00:00", None):
        keep_in_bulk([(account, {"deleted_at": ["None" if moment else "2026-11-28 10:00:00", moment]})], by=rep)
    assert [verb for _, verb, *_ in told(account, rep)] == ["restored", "binned", "made"]
    assert ("Name", "", "Northwind") in changes(account, rep)


def test_where_a_change_came_from_leads_there(rep, administrator):
    journey = Journey.objects.create(name="Webinar", owner=administrator)
    account = AccountFactory(city="Kiel")
    with changing("journey", about="Webinar", of=journey):
        change_record(account, {"city": "Lübeck"}, by=None)
    event = history_of(account, administrator).events[0]
    assert (event.who, event.source, event.about) == (None, "by the journey", "Webinar")


def test_it_is_filtered_by_field_and_by_person(client, rep, manager):
    account = AccountFactory(owner=rep, city="Kiel")
    change_record(account, {"city": "Lübeck"}, by=rep)
    client.force_login(manager)
    client.patch(f"/api/v1/accounts/{account.pk}/", {"phone": "1"}, content_type="application/json")
    assert [field for field, *_ in changes(account, rep, only="city")] == ["City", "City"]
    assert told(account, rep, by=manager.pk) == [("Max Manager", "changed", "by the API", [("Phone", "", "1")])]
    page = client.get(account.get_absolute_url(), {"tab": "history", "field": "phone", "by": manager.pk})
    assert page.text.count("history-head") == 1


def test_it_is_paged_by_the_key_and_costs_the_same_with_one_entry_and_with_a_hundred(
    client, rep, django_assert_max_num_queries
):
    account = AccountFactory(owner=rep)
    for number in range(100):
        change_record(account, {"city": f"City {number}", "parent": AccountFactory()}, by=rep)
    client.force_login(rep)
    address = f"{account.get_absolute_url()}?tab=history"
    client.get(address)
    with django_assert_max_num_queries(16):
        assert client.get(address).text.count("history-head") == 30
    first = history_of(account, rep)
    second = history_of(account, rep, before=first.before)
    assert first.events[-1].pk > second.events[0].pk
    seen, before = [], 0
    while True:
        page = history_of(account, rep, before=before)
        seen += page.events
        before = page.before
        if not before:
            break
    assert len(seen) == 101


def test_the_history_of_an_unseen_record_does_not_exist(client, rep):
    hidden = ContactFactory(owner=UserFactory(team=TeamFactory()))
    client.force_login(rep)
    assert client.get(reverse("crm:history", args=["crm.contact", hidden.pk])).status_code == 404


def test_nonsense_in_the_filters_is_no_filter(client, rep):
    account = AccountFactory(owner=rep, name="Northwind")
    client.force_login(rep)
    page = client.get(account.get_absolute_url(), {"tab": "history", "field": "x'; --", "by": "me", "before": "²"})
    assert page.status_code == 200
    assert Account.objects.get().name == "Northwind"


def test_the_api_tells_the_same(rep):
    from rest_framework.test import APIClient

    account = AccountFactory(owner=rep, city="Kiel")
    change_record(account, {"city": "Lübeck"}, by=rep)
    api = APIClient()
    api.force_authenticate(rep)
    told = api.get(f"/api/v1/accounts/{account.pk}/history/?field=city").data
    assert [event["verb"] for event in told["events"]] == ["changed", "made"]
    assert told["events"][0]["changes"] == [{"name": "city", "field": "City", "before": "Kiel", "after": "Lübeck"}]
    assert api.get(f"/api/v1/contacts/{ContactFactory().pk}/history/").status_code == 404
