"""The assignment rules under Set-up and over the API."""

import json
from datetime import UTC, datetime, time

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from sales.models import AssignmentRule, Lead, Seller
from sales.queries.dry_run import dry_run
from tests.factories.crm import ContactFactory, UserFactory
from tests.factories.deals import AssignmentRuleFactory, LeadFactory

pytestmark = pytest.mark.django_db
INDIANS = {"all": [{"test": "contact.country", "op": "is", "value": "IN"}]}
LIST = reverse("admin:sales_assignmentrule_changelist")


@pytest.fixture
def api(manager):
    client = APIClient()
    client.force_authenticate(manager)
    return client


def typed(**more):
    return {"name": "India", "order": "1", "is_active": "on", "distribution": "load", "respects_hours": "on", **more}


def test_a_manager_writes_a_rule_with_a_condition_and_the_list_says_it_in_words(client, manager, rep):
    client.force_login(manager)
    body = typed(when=json.dumps(INDIANS), users=[rep.pk], campaign="", team="", waits="on")
    assert client.post(reverse("admin:sales_assignmentrule_add"), body).status_code == 302
    rule = AssignmentRule.objects.get(name="India")
    assert (rule.when, rule.distribution, rule.waits, list(rule.users.all())) == (INDIANS, "load", True, [rep])
    page = client.get(LIST).text
    assert "Person: Country is India" in page
    assert "All reps in turn" in page


def test_a_condition_that_cannot_be_used_is_refused_at_its_place(client, manager):
    client.force_login(manager)
    wrong = {"all": [{"test": "gone", "op": "is", "value": 1}]}
    answer = client.post(reverse("admin:sales_assignmentrule_add"), typed(when=json.dumps(wrong)))
    assert "rule/all[0]: There is no attribute “gone” to test." in answer.text
    assert not AssignmentRule.objects.filter(name="India").exists()


def test_no_condition_is_every_lead(client, manager):
    client.force_login(manager)
    client.post(reverse("admin:sales_assignmentrule_add"), typed(when=""))
    assert AssignmentRule.objects.get(name="India").when is None


def test_a_marketer_reads_rules_and_changes_none(client, marketer):
    client.force_login(marketer)
    rule = AssignmentRuleFactory()
    assert client.get(reverse("admin:sales_assignmentrule_change", args=[rule.pk])).status_code == 200
    assert client.post(reverse("admin:sales_assignmentrule_add"), typed()).status_code == 403


def test_a_rule_over_the_api_has_its_condition_and_its_words(api, rep, team):
    answer = api.post(
        "/api/v1/assignment-rules/",
        {"name": "India", "order": 1, "when": INDIANS, "distribution": "load", "users": [rep.pk], "team": team.pk},
        format="json",
    )
    assert (answer.status_code, answer.data["words"]) == (201, "Person: Country is India")
    wrong = {"all": [{"test": "gone", "op": "is", "value": 1}]}
    refused = api.patch(f"/api/v1/assignment-rules/{answer.data['id']}/", {"when": wrong}, format="json")
    assert refused.status_code == 400
    assert "There is no attribute" in str(refused.json())


DRY = reverse("admin:sales_assignmentrule_dry_run")


def test_a_dry_run_says_who_would_have_got_each_lead_and_changes_nothing(client, administrator, rep):
    lead = LeadFactory(topic="Wants a demo", contact=ContactFactory(country="IN"))
    away = UserFactory(name="Away", roles=["rep"])
    Seller.objects.create(user=away, capacity=0)
    first = AssignmentRuleFactory(name="India", order=1, when=INDIANS)
    first.users.add(away)
    client.force_login(administrator)
    page = client.get(DRY, {"days": 1}).text
    assert "Wants a demo" in page
    assert "Away is full (0 of 0 open leads)" in page
    lead.refresh_from_db()
    assert (lead.owner, lead.unassigned_because, lead.version) == (None, "", 1)
    assert AssignmentRule.objects.filter(last_owner=None).count() == 2


def test_a_dry_run_takes_a_rule_as_it_is_being_edited(client, administrator, rep):
    LeadFactory(contact=ContactFactory(country="IN"))
    saved = AssignmentRuleFactory(name="India", order=1, when=INDIANS)
    saved.users.add(UserFactory(name="Somebody Else"))
    client.force_login(administrator)
    body = typed(users=[rep.pk], when=json.dumps(INDIANS), campaign="", team="")
    run = client.post(f"{DRY}?days=7&rule={saved.pk}", body).context["run"]
    assert (run.by_owner, run.by_rule, run.unassigned) == ([("Rita Rep", 1)], [("India", 1)], 0)
    assert [user.name for user in saved.users.all()] == ["Somebody Else"]
    wrong = client.post(f"{DRY}?days=7", typed(when="{"))
    assert (wrong.status_code, "cannot be tried like this" in wrong.text) == (422, True)


def test_each_lead_of_a_dry_run_is_judged_at_the_time_it_came(client, administrator, rep):
    for hour in (3, 12):
        lead = LeadFactory(contact=ContactFactory())
        at = datetime(2026, 11, 24, hour, tzinfo=UTC)
        Lead.objects.filter(pk=lead.pk).update(created_at=at)
    Seller.objects.create(user=rep, days=[1], works_from=time(9), works_to=time(17))
    run = dry_run(administrator, datetime(2026, 11, 24, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC))
    assert [row.owner for row in run.rows] == ["Rita Rep", ""]
    assert (run.by_owner, run.unassigned) == ([("Rita Rep", 1)], 1)


@pytest.mark.parametrize("number", [1, 8])
def test_a_dry_run_costs_the_same_however_many_leads(client, administrator, rep, number, django_assert_max_num_queries):
    for _ in range(number):
        LeadFactory(owner=rep)
    client.force_login(administrator)
    with django_assert_max_num_queries(20):
        client.get(DRY)


@pytest.mark.parametrize("number", [1, 6])
def test_the_list_of_rules_costs_the_same_however_many(client, manager, rep, number, django_assert_max_num_queries):
    for at in range(number):
        AssignmentRuleFactory(when=INDIANS, order=at).users.add(rep)
    client.force_login(manager)
    with django_assert_max_num_queries(16):
        assert "Rita Rep" in client.get(LIST).text


def test_the_api_tells_what_the_rules_would_have_done(api, administrator, rep, marketer):
    lead = LeadFactory()
    api.force_authenticate(administrator)
    (told,) = api.get("/api/v1/assignment-rules/dry-run/?days=2").data
    assert (told["lead"], told["owner"]) == (lead.pk, "Rita Rep")
    assert told["why"] == "by the rule “All reps in turn”: next in turn"
    assert api.get("/api/v1/assignment-rules/dry-run/?days=0").status_code == 400
    api.force_authenticate(rep)
    assert api.get("/api/v1/assignment-rules/dry-run/").status_code == 403
