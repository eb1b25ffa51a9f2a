"""Leads made by a file or by the API are put to the rules where that is wished; the receipt tells who got them, or why nobody."""

import io
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from crm.actions.imports import map_import, start_import
from crm.errors import Invalid
from crm.models import Notification
from sales.models import AssignmentRule, Lead, Seller
from tests.crm.test_imports import _files  # noqa: F401
from tests.crm.test_imports_kinds import bring, reverted  # noqa: F401
from tests.factories.crm import UserFactory
from tests.factories.deals import AssignmentRuleFactory

pytestmark = pytest.mark.django_db
NEW = {"last_name": "Rao", "topic": "Ten bikes", "rating": "warm"}


@pytest.fixture
def sara(team):
    return UserFactory(name="Sara Seller", email="sara@tandem.example", team=team, roles=["rep"])


@pytest.fixture
def rule(sara):
    AssignmentRule.objects.all().delete()
    made = AssignmentRuleFactory(name="Bikes")
    made.users.set([sara])
    return made


def test_the_api_puts_a_lead_to_the_rules_and_tells_who_got_it_or_why_nobody(rep, rule, sara):
    api = APIClient()
    api.force_authenticate(rep)
    made = api.post("/api/v1/leads/", {**NEW, "assign": "rules"}, format="json")
    assert (made.status_code, made.data["owner"], made.data["assignment_rule"]) == (201, sara.pk, rule.pk), made.data
    assert made.data["unassigned_why"] == []
    AssignmentRule.objects.update(is_active=False)
    made = api.post("/api/v1/leads/", {**NEW, "last_name": "Ito", "assign": "rules"}, format="json")
    assert made.data["owner"] is None
    assert made.data["unassigned_why"] == ["No rule fits this lead."]
    both = api.post("/api/v1/leads/", {**NEW, "owner": rep.pk, "assign": "rules"}, format="json")
    assert both.status_code == 400
    assert "not both" in str(both.data)


LEADS = "Topic,Last name,Email,Owner\n" + "".join(
    f"Bikes,Rao{n},p{n}@c.example,{'rita@tandem.example' if n == 5 else ''}\n" for n in range(30)
)


def test_a_file_gives_by_the_rules_what_names_nobody_and_each_owner_is_told_once(
    bring,  # noqa: F811
    administrator,
    rep,
    rule,
    sara,
    run_jobs,
):
    tom = UserFactory(name="Tom Seller", roles=["rep"])
    rule.users.add(tom)
    Seller.objects.create(user=tom, capacity=4)
    Seller.objects.create(user=sara, capacity=20)
    of = bring("sales.lead", LEADS, assigns_by_rules=True)
    owners = Counter(Lead.objects.values_list("owner__name", flat=True))
    assert owners == {"Rita Rep": 1, "Tom Seller": 4, "Sara Seller": 20, None: 5}
    receipt = "Given by the rules: Sara Seller 20, Tom Seller 4. 5 leads are nobody’s yet."
    assert of.steps.get(what="done").note == f"30 new, 0 updated, 0 with errors. {receipt}"
    assert receipt in Notification.objects.get(key=f"import:{of.pk}:done").text
    bells = Notification.objects.filter(user__in=[sara, tom]).order_by("text").values_list("text", flat=True)
    assert list(bells) == ["20 leads were given to you by the rules.", "4 leads were given to you by the rules."]
    of = reverted(of, administrator, run_jobs)
    assert (of.reverted_count, of.kept_count, Lead.objects.alive().count()) == (30, 0, 0)


def test_without_the_choice_the_leads_of_a_file_belong_to_who_brings_it(bring, administrator, rule):  # noqa: F811
    bring("sales.lead", LEADS)
    assert Lead.objects.filter(owner=administrator).count() == 29


def test_a_batch_asks_the_rules_once_however_many_leads_it_makes(bring, rule):  # noqa: F811
    with CaptureQueriesContext(connection) as few:
        bring("sales.lead", LEADS.splitlines(True)[0] + "".join(LEADS.splitlines(True)[1:4]), assigns_by_rules=True)
    Lead.objects.all().delete()
    with CaptureQueriesContext(connection) as many:
        bring("sales.lead", LEADS.splitlines(True)[0] + "".join(LEADS.splitlines(True)[1:26]), assigns_by_rules=True)
    rules = ['FROM "sales_assignmentrule"' in query["sql"] for query in few.captured_queries]
    assert sum(rules) == sum('FROM "sales_assignmentrule"' in query["sql"] for query in many.captured_queries)


def test_only_kinds_that_rules_give_away_take_the_choice(administrator):
    of = start_import(io.BytesIO(b"Email\nasha@c.example\n"), "people.csv", administrator)
    with pytest.raises(Invalid, match="No rules choose who gets contacts"):
        map_import(of, mapping=of.mapping, assigns_by_rules=True, by=administrator)


def test_the_mapping_of_leads_offers_the_rules_and_that_of_contacts_does_not(client, administrator):
    client.force_login(administrator)
    for kind, offered in (("sales.lead", True), ("crm.contact", False)):
        of = start_import(io.BytesIO(b"Email\nasha@c.example\n"), "people.csv", administrator, kind=kind)
        page = client.get(reverse("crm:import-mapping", args=[of.pk])).content.decode()
        assert ("Assign by the rules those without an owner" in page) is offered
    of = start_import(io.BytesIO(b"Email\nasha@c.example\n"), "people.csv", administrator, kind="sales.lead")
    data = {"column_0": "email", "policy": "both", "known": "overwrite", "day_first": "yes", "decimal_comma": "no"}
    client.post(reverse("crm:import-mapping", args=[of.pk]), {**data, "assigns_by_rules": "on"})
    of.refresh_from_db()
    assert of.assigns_by_rules
