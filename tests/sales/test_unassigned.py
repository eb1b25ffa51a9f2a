"""Leads that nobody has: their queue, claiming, another try by hand and by the job that waits for somebody."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from auditlog.models import LogEntry
from django.urls import reverse
from rest_framework.test import APIClient

from crm.errors import NotAllowed
from crm.hooks.handover import Request, hand_over
from crm.models import Interaction, Notification
from sales.actions.leads import assign_lead, change_lead, disqualify_lead, open_lead
from sales.actions.unassigned import assign_by_rules, claim_lead, try_waiting
from sales.models import Absence, AssignmentRule, Lead, Seller
from sales.tasks import try_waiting_leads
from tests.factories.crm import ContactFactory, UserFactory
from tests.factories.deals import AssignmentRuleFactory, LeadFactory

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 11, 24, 3, tzinfo=UTC)
HOT = {"all": [{"test": "topic", "op": "contains", "value": "Urgent"}]}


@pytest.fixture
def only(rep):
    """One rule, all of whose leads go to Rita."""
    AssignmentRule.objects.all().delete()
    made = AssignmentRuleFactory(name="Rita’s")
    made.users.set([rep])
    return made


def arrive(n=1, topic="Webinar"):
    wishes = [Request(f"k{(contact := ContactFactory()).pk}", contact.pk, topic) for _ in range(n)]
    return [Lead.objects.get(pk=receipt.lead) for receipt in hand_over(wishes)]


def owned():
    return Lead.objects.exclude(owner=None).count()


def test_a_lead_of_the_night_is_given_in_the_morning(only, rep):
    Seller.objects.create(user=rep, days=[0, 1, 2, 3, 4], works_from=time(9), works_to=time(17))
    with time_machine.travel(NIGHT, tick=False):
        (lead,) = arrive()
    assert (lead.owner, lead.unassigned_because) == (None, "off")
    assert try_waiting(NIGHT + timedelta(hours=5)) == 0
    assert try_waiting(NIGHT + timedelta(hours=6)) == 1
    lead.refresh_from_db()
    assert (lead.owner, lead.unassigned_because, lead.unassigned_details) == (rep, "", {})
    assert lead.assigned_at == NIGHT + timedelta(hours=6)


def test_who_comes_back_from_an_absence_gets_what_waited(only, rep):
    Absence.objects.create(user=rep, first_day=date(2026, 11, 23), last_day=date(2026, 11, 24))
    with time_machine.travel(NIGHT, tick=False):
        arrive()
    assert [try_waiting(NIGHT + timedelta(hours=h)) for h in (20, 22)] == [0, 1]


def test_a_place_that_becomes_free_goes_to_the_lead_that_came_first(only, rep):
    Seller.objects.create(user=rep, capacity=1)
    first, second, third = arrive(3)
    assert [lead.owner_id for lead in (first, second, third)] == [rep.pk, None, None]
    disqualify_lead(first, reason="lost", by=rep)
    try_waiting_leads()
    assert [Lead.objects.get(pk=lead.pk).owner_id for lead in (second, third)] == [rep.pk, None]


def test_the_job_looks_every_minute(only, rep, run_jobs):
    seller = Seller.objects.create(user=rep, capacity=0)
    arrive()
    run_jobs()
    assert owned() == 0
    Seller.objects.filter(pk=seller.pk).update(capacity=5)
    run_jobs(later=timedelta(minutes=2))
    assert owned() == 1


def test_a_lead_that_no_rule_fits_is_tried_again_when_the_rules_change_or_it_does(only, rep):
    AssignmentRule.objects.update(when=HOT)
    one, two = arrive(2)
    assert {one.unassigned_because, two.unassigned_because} == {"no_rule"}
    change_lead(one, topic="Urgent wish", by=rep)
    try_waiting_leads()
    assert [Lead.objects.get(pk=lead.pk).owner_id for lead in (one, two)] == [rep.pk, None]
    AssignmentRule.objects.update(when=None)
    try_waiting_leads()
    assert owned() == 1
    try_waiting_leads("waiting")
    assert owned() == 2


def test_the_history_says_which_rule_gave_it_and_the_owner_is_told_once_of_many(only, rep):
    AssignmentRule.objects.update(when=HOT)
    leads = arrive(4)
    AssignmentRule.objects.update(when=None)
    try_waiting_leads("waiting")
    told = LogEntry.objects.get_for_object(leads[0]).filter(action=LogEntry.Action.UPDATE).get()
    assert told.additional_data == {"source": "rule", "about": "Rita’s", "of": f"sales.assignmentrule:{only.pk}"}
    assert told.changes == {"owner": ["None", str(rep.pk)]}
    assert [note.text for note in Notification.objects.filter(user=rep)] == ["4 leads were given to you by the rules."]
    assert Interaction.objects.filter(kind="lead.assigned").count() == 4


def test_what_waits_in_the_queue_of_a_team_is_left_there(only, rep, team):
    lead = LeadFactory()
    assign_lead(lead, owner=None, team=team, by=rep)
    assert try_waiting(NIGHT, which="nobodys") == 0
    assert [one.owner for one in assign_by_rules([lead], by=rep)] == [rep]


def test_whoever_claims_second_is_told_who_was_quicker(rep, manager):
    lead = LeadFactory()
    assert claim_lead(lead, by=rep).owner == rep
    with pytest.raises(NotAllowed, match="Rita Rep has “"):
        claim_lead(lead, by=manager)


def test_a_manager_sees_the_queue_with_its_reasons_and_a_rep_of_elsewhere_sees_nothing(client, only, manager, rep):
    Seller.objects.create(user=rep, capacity=0)
    arrive(topic="Out of luck")
    client.force_login(manager)
    page = client.get(reverse("sales:unassigned"), follow=True)
    assert "Out of luck" in page.text
    assert "Rita Rep is full (0 of 0 open leads)" in page.text
    client.force_login(UserFactory(roles=["rep"]))
    assert "Out of luck" not in client.get(reverse("sales:unassigned"), follow=True).text


def test_the_page_of_a_lead_says_why_nobody_has_it_and_lets_it_be_claimed(client, only, manager, rep):
    Seller.objects.create(user=rep, capacity=0)
    (lead,) = arrive()
    client.force_login(manager)
    assert "Rita Rep is full" in client.get(lead.get_absolute_url()).text
    assert client.post(reverse("sales:lead-claim", args=[lead.pk])).status_code == 302
    lead.refresh_from_db()
    assert (lead.owner, lead.unassigned_because) == (manager, "")
    assert "Nobody has it yet" not in client.get(lead.get_absolute_url()).text


def test_a_manager_asks_the_rules_once_more(client, only, manager, rep):
    seller = Seller.objects.create(user=rep, capacity=0)
    one, _two = arrive(2)
    client.force_login(manager)
    client.post(reverse("sales:lead-by-rules", args=[one.pk]))
    assert owned() == 0
    Seller.objects.filter(pk=seller.pk).update(capacity=1)
    client.post(reverse("sales:lead-by-rules", args=[one.pk]))
    assert Lead.objects.get(pk=one.pk).owner == rep
    Seller.objects.filter(pk=seller.pk).update(capacity=2)
    client.post(reverse("sales:unassigned-try"))
    assert owned() == 2


def test_a_marketer_claims_nothing(client, marketer):
    lead = LeadFactory()
    client.force_login(marketer)
    assert client.post(reverse("sales:lead-claim", args=[lead.pk])).status_code == 403
    assert client.post(reverse("sales:unassigned-try")).status_code == 403


def test_the_api_claims_and_asks_the_rules(only, manager, rep):
    Seller.objects.create(user=rep, capacity=0)
    one, two = arrive(2)
    api = APIClient()
    api.force_authenticate(manager)
    assert api.get("/api/v1/leads/?unassigned_because=full").data["results"][0]["unassigned_because"] == "full"
    assert api.post(f"/api/v1/leads/{one.pk}/claim/").data["owner"] == manager.pk
    assert api.post(f"/api/v1/leads/{two.pk}/assign-by-rules/").data["unassigned_because"] == "full"
    assert api.post(f"/api/v1/leads/{two.pk}/assign/", {"owner": rep.pk}).data["owner"] == rep.pk
    api.force_authenticate(rep)
    assert api.post(f"/api/v1/leads/{one.pk}/claim/").status_code in (404, 409)


def test_a_lead_made_by_hand_is_of_its_maker_unless_the_rules_are_asked(only, client, rep, manager):
    client.force_login(manager)
    about = {"topic": "Bikes", "rating": "warm"}
    client.post(reverse("sales:lead-new"), {**about, "email": "one@customer.example"})
    answer = client.post(
        reverse("sales:lead-new"), {**about, "email": "two@customer.example", "by_rules": "on"}, follow=True
    )
    mine, by_rules = Lead.objects.order_by("pk")
    assert (mine.owner, mine.assignment_rule) == (manager, None)
    assert (by_rules.owner, by_rules.assignment_rule) == (rep, only)
    assert f"{rep} has it, by the rule “Rita’s”." in answer.content.decode()
    assert Notification.objects.get(user=rep).url == by_rules.get_absolute_url()


def test_a_lead_made_by_hand_goes_to_who_is_named_but_not_to_the_rules_as_well(only, client, rep, manager):
    client.force_login(manager)
    data = {"topic": "Bikes", "rating": "warm", "email": "one@customer.example", "owner": manager.pk}
    refused = client.post(reverse("sales:lead-new"), {**data, "by_rules": "on"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["by_rules"])
    client.post(reverse("sales:lead-new"), {**data, "owner": rep.pk})
    assert (Lead.objects.get().owner, Lead.objects.get().assignment_rule) == (rep, None)


def test_a_rep_who_asks_the_rules_is_told_why_nobody_has_the_lead(only, client, rep):
    Seller.objects.create(user=rep, capacity=0)
    client.force_login(rep)
    data = {"topic": "Bikes", "rating": "warm", "email": "one@customer.example", "by_rules": "on"}
    answer = client.post(reverse("sales:lead-new"), data, follow=True)
    lead = Lead.objects.get()
    assert (lead.owner, lead.unassigned_because, lead.assigned_at) == (None, "full", None)
    assert "Rita Rep is full (0 of 0 open leads)" in answer.content.decode()
    assert not Interaction.objects.filter(kind="lead.assigned").exists()


def test_the_api_makes_a_lead_whose_owner_the_rules_choose(only, manager, rep):
    api = APIClient()
    api.force_authenticate(manager)
    body = {"topic": "Bikes", "email": "one@customer.example", "assign": "rules"}
    made = api.post("/api/v1/leads/", body, format="json")
    assert (made.status_code, made.data["owner"], made.data["assignment_rule"]) == (201, rep.pk, only.pk)
    both = api.post("/api/v1/leads/", {**body, "owner": rep.pk}, format="json")
    assert (both.status_code, Lead.objects.count()) == (400, 1)


def test_new_interest_leaves_an_open_lead_to_its_owner_even_where_the_rules_are_asked(only, manager, rep):
    known = LeadFactory(owner=manager)
    again, is_new = open_lead(known.contact, topic="Again", by=rep, by_rules=True)
    assert (again.pk, again.owner, is_new) == (known.pk, manager, False)


def test_where_every_lead_has_somebody_the_queue_says_so(client, manager):
    client.force_login(manager)
    text = client.get(reverse("sales:unassigned"), follow=True).content.decode()
    assert "Every lead has somebody" in text
    assert "Nothing matches" not in text


def test_a_lead_that_was_passed_on_in_vain_is_given_when_a_later_rule_can(only, rep, django_assert_max_num_queries):
    AssignmentRule.objects.update(order=1, waits=False)
    Seller.objects.create(user=rep, capacity=0)
    second = UserFactory(name="Second", roles=["rep"])
    seller = Seller.objects.create(user=second, capacity=0)
    AssignmentRuleFactory(name="Second’s", order=2).users.set([second])
    (lead,) = arrive()
    assert (lead.unassigned_because, len(lead.unassigned_details["rules"])) == ("full", 2)
    with django_assert_max_num_queries(12):
        try_waiting_leads()
    Seller.objects.filter(pk=seller.pk).update(capacity=1)
    try_waiting_leads()
    assert Lead.objects.get().owner == second


def test_many_are_given_by_the_rules_and_claimed_from_the_list(client, only, manager, rep):
    leads = [LeadFactory() for _ in range(3)] + [LeadFactory(owner=manager)]
    client.force_login(manager)
    ids = [lead.pk for lead in leads]
    assert (
        client.post(
            reverse("crm:bulk-do", args=["sales.lead", "sales.by_rules"]), {"ids": ids, "go": "yes"}
        ).status_code
        < 400
    )
    assert [Lead.objects.get(pk=pk).owner for pk in ids] == [rep, rep, rep, manager]
