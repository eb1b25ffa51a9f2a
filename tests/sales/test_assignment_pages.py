"""The assignment rules under Set-up and over the API."""

import json

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from sales.models import AssignmentRule
from tests.factories.deals import AssignmentRuleFactory

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
