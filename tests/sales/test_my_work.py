"""My work: new leads first, by score; then what is due; then deals that close or stand still."""

from datetime import timedelta

import pytest
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone

from sales.models import Lead, Opportunity
from sales.queries.my_work import my_work
from tests.factories.crm import ActivityFactory, UserFactory
from tests.factories.deals import LeadFactory, OpportunityFactory

pytestmark = pytest.mark.django_db


def test_the_day_of_a_rep_begins_here(client, rep):
    client.force_login(rep)
    assert client.get("/").url == reverse("sales:my-work")


def test_new_leads_come_by_score_and_those_without_one_behind(rep):
    for score in (40, 85, 9, None):
        LeadFactory(owner=rep, details={"score": score} if score else {})
    assert [lead.score for lead in my_work(rep, timezone.now()).new_leads.rows] == [85, 40, 9, None]


def test_a_lead_with_an_activity_is_no_longer_new(rep):
    lead = LeadFactory(owner=rep)
    on = ContentType.objects.get_for_model(Lead)
    ActivityFactory(kind="call", status="done", owner=rep, regarding_type=on, regarding_id=lead.pk)
    work = my_work(rep, timezone.now())
    assert (work.new_leads.rows, work.open_leads.rows) == ([], [lead])


def test_the_leads_of_others_are_not_my_work(rep, team):
    LeadFactory(owner=UserFactory(team=team, roles=["rep"]))
    assert my_work(rep, timezone.now()).is_empty


def test_due_today_closing_soon_and_stalled(rep):
    now = timezone.now()
    task = ActivityFactory(owner=rep, due_at=now - timedelta(hours=30))
    ActivityFactory(owner=rep, due_at=now + timedelta(days=3))
    closing = OpportunityFactory(owner=rep, estimated_close=timezone.localdate() + timedelta(days=5))
    OpportunityFactory(owner=rep, estimated_close=timezone.localdate() + timedelta(days=90))
    stalled = OpportunityFactory(owner=rep, stage_since=now - timedelta(days=20))
    work = my_work(rep, now)
    assert (work.due.rows, work.closing.rows, work.stalled.rows) == ([task], [closing], [stalled])


def test_the_count_behind_ten_rows_is_the_whole(rep):
    for _ in range(12):
        LeadFactory(owner=rep)
    block = my_work(rep, timezone.now()).new_leads
    assert (len(block.rows), block.count) == (10, 12)


def test_an_empty_day_says_what_will_be_here(client, rep):
    client.force_login(rep)
    assert "Nothing waits for you" in client.get(reverse("sales:my-work")).text


@pytest.mark.parametrize("number", [1, 3])
def test_my_work_takes_at_most_twenty_queries(client, rep, number, django_assert_max_num_queries):
    for _ in range(number):
        LeadFactory(owner=rep, details={"score": 5, "reasons": ["Came back"]})
        ActivityFactory(owner=rep, due_at=timezone.now())
        OpportunityFactory(
            owner=rep, estimated_close=timezone.localdate(), stage_since=timezone.now() - timedelta(days=20)
        )
    client.force_login(rep)
    with django_assert_max_num_queries(20):
        page = client.get(reverse("sales:my-work"))
    assert "Came back" in page.text
    assert Opportunity.objects.first().topic in page.text
