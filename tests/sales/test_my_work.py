"""My work: hot leads first, then what is overdue, due today and next, then deals; from one record to the next."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone

from crm.actions.activities import complete_activity
from sales.models import Lead, Opportunity
from sales.queries.my_work import my_work
from tests.factories.crm import AccountFactory, ActivityFactory, ContactFactory, TeamFactory, UserFactory
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


def test_a_hot_lead_comes_before_one_with_a_higher_score(rep):
    scored, hot = LeadFactory(owner=rep, details={"score": 90}), LeadFactory(owner=rep, rating="hot")
    assert my_work(rep, timezone.now()).new_leads.rows == [hot, scored]


def test_overdue_today_next_closing_soon_and_stalled(rep):
    noon = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
    late = ActivityFactory(owner=rep, due_at=noon - timedelta(hours=30))
    today = ActivityFactory(owner=rep, due_at=noon + timedelta(hours=3))
    soon = ActivityFactory(owner=rep, due_at=noon + timedelta(days=3))
    ActivityFactory(owner=rep, due_at=noon + timedelta(days=30))
    closing = OpportunityFactory(owner=rep, estimated_close=date(2027, 3, 6), stage_since=noon)
    stalled = OpportunityFactory(owner=rep, estimated_close=date(2027, 9, 1), stage_since=noon - timedelta(days=20))
    work = my_work(rep, noon)
    assert (work.overdue.rows, work.today.rows, work.next.rows) == ([late], [today], [soon])
    assert (work.closing.rows, work.stalled.rows) == ([closing], [stalled])


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


def test_from_one_record_to_the_next_without_going_back(client, rep):
    """What was done or snoozed in the meantime is passed over; after the last one comes the page again."""
    contact, account = ContactFactory(owner=rep), AccountFactory(owner=rep)
    late = ActivityFactory(owner=rep, contact=contact, due_at=timezone.now() - timedelta(days=2))
    gone = ActivityFactory(owner=rep, contact=contact, due_at=timezone.now() - timedelta(days=1))
    last = ActivityFactory(owner=rep, account=account, due_at=timezone.now() - timedelta(hours=1))
    client.force_login(rep)
    client.get(reverse("sales:my-work"))
    complete_activity(gone, by=rep)
    bar = client.get(f"{contact.get_absolute_url()}?work=crm.activity:{late.pk}")
    assert "1 of 3" in bar.text
    answer = client.post(
        reverse("crm:activity-complete", args=[late.pk]), {"next": f"/my-work/next/?after=crm.activity:{late.pk}"}
    )
    onward = client.get(answer["Location"])
    assert onward["Location"] == f"{account.get_absolute_url()}?work=crm.activity%3A{last.pk}"
    assert client.get(f"/my-work/next/?after=crm.activity:{last.pk}")["Location"] == "/my-work/"
    back = client.get(f"/my-work/next/?after=crm.activity:{last.pk}&back=")
    assert back["Location"] == "/my-work/"  # both before it are done


def test_work_opens_only_what_its_owner_may_see(client, rep):
    hidden = ContactFactory(owner=UserFactory(team=TeamFactory()))
    task = ActivityFactory(owner=rep, contact=hidden, due_at=timezone.now())
    client.force_login(rep)
    assert f'href="{task.get_absolute_url()}?work=crm.activity%3A{task.pk}"' in client.get("/my-work/").text
    assert client.get("/my-work/next/?after=nonsense:x")["Location"].startswith(task.get_absolute_url())


def test_a_record_that_was_not_opened_from_my_work_has_no_bar(client, rep):
    contact = ContactFactory(owner=rep)
    client.force_login(rep)
    for work in ("", "crm.activity:1", "nonsense"):
        assert "work-bar" not in client.get(f"{contact.get_absolute_url()}?work={work}").text


def test_a_new_lead_is_qualified_and_a_deal_moved_on_from_its_row(client, rep):
    lead = LeadFactory(owner=rep)
    deal = OpportunityFactory(owner=rep, estimated_close=timezone.localdate())
    client.force_login(rep)
    page = client.get(reverse("sales:my-work")).text
    assert f'href="{reverse("sales:lead-qualify", args=[lead.pk])}"' in page
    assert f'action="{reverse("sales:opportunity-advance", args=[deal.pk])}"' in page
    Opportunity.objects.update(stage="close")
    assert (
        f'action="{reverse("sales:opportunity-advance", args=[deal.pk])}"'
        not in client.get(reverse("sales:my-work")).text
    )
