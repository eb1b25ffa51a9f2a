"""The tabs of a segment's page: chosen by hand, over time, insights, used by; two compared; all its people acted on."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils import timezone

from crm.models import BulkRun, Tag
from marketing.actions.segments import add_members, create_segment, reconcile
from marketing.models import Segment, SegmentChoice, SegmentSize
from marketing.queries.segment_pages import over_time, overlap, visible_count
from tests.factories.crm import ContactFactory

INDIA = {"all": [{"test": "country", "op": "is", "value": "IN"}]}
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def page(client, marketer):
    client.force_login(marketer)
    return client


@pytest.fixture
def india(marketer, run_jobs):
    segment = create_segment(name="India", rule=INDIA, by=marketer)
    run_jobs()
    return segment


def address(name, segment):
    return reverse(f"admin:marketing_segment_{name}", args=[segment.pk])


def shown(page, where):
    answer = page.get(where)
    assert answer.status_code == 200
    return answer.content.decode()


def names(answer):
    return {str(one.contact) for one in answer.context["page"]}


def test_every_tab_of_an_empty_segment_teaches_and_stays_within_twenty_queries(
    page, india, django_assert_max_num_queries
):
    for name in ("members", "chosen", "time", "insights", "uses", "compare"):
        with django_assert_max_num_queries(20):
            assert page.get(address(name, india)).status_code == 200, name
    assert "Nobody is chosen by hand" in shown(page, address("chosen", india))
    assert "Nothing uses it yet" in shown(page, address("uses", india))


def test_somebody_is_put_in_kept_out_and_left_to_the_rule_by_hand(page, india, marketer):
    ben = ContactFactory(first_name="Ben", country="DE")
    assert "Put in" in shown(page, address("chosen", india) + "?q=ben")
    page.post(address("choose", india), {"contact": ben.pk, "how": "in"})
    members = page.get(address("members", india))
    assert names(members) == {str(ben)}
    assert "Kept in by hand" in members.content.decode()
    assert str(marketer) in shown(page, address("chosen", india))
    page.post(address("choose", india), {"contact": ben.pk, "how": "out", "from": "members"})
    assert not names(page.get(address("members", india)))
    assert "Kept out" in shown(page, address("chosen", india))
    page.post(address("choose", india), {"contact": ben.pk, "how": "rule"})
    assert not SegmentChoice.objects.exists()


def test_ticked_members_are_kept_out_together(page, marketer, run_jobs):
    people = ContactFactory.create_batch(3, country="IN")
    segment = create_segment(name="India", rule=INDIA, by=marketer)
    run_jobs()
    page.post(address("choose", segment), {"contact": [people[0].pk, people[1].pk], "how": "out", "from": "members"})
    assert names(page.get(address("members", segment))) == {str(people[2])}


def test_a_manager_reads_the_choices_but_makes_none(client, manager, india):
    ben = ContactFactory()
    client.force_login(manager)
    assert client.get(address("chosen", india)).status_code == 200
    assert client.post(address("choose", india), {"contact": ben.pk, "how": "in"}).status_code == 403
    assert not SegmentChoice.objects.exists()


def test_a_snapshot_is_made_in_the_form_and_taken_anew_by_its_button(page, run_jobs):
    ContactFactory(country="IN")
    form = {"name": "Then", "kind": "snapshot", "rule": json.dumps(INDIA)}
    page.post(reverse("admin:marketing_segment_add"), form)
    run_jobs()
    segment = Segment.objects.get()
    ContactFactory(country="IN")
    run_jobs()
    assert segment.members.count() == 1
    assert "Take it anew" in shown(page, address("members", segment))
    page.post(address("refresh", segment))
    run_jobs()
    assert segment.members.count() == 2
    assert page.post(reverse("admin:marketing_segment_add"), form | {"rule": ""}).status_code == 422


def test_the_size_is_told_by_the_hour_and_folded_into_days_where_it_is_long(page, india):
    SegmentSize.objects.filter(segment=india).delete()
    for hours, members, entered, left in ((0, 5, 5, 0), (1, 4, 1, 2)):
        SegmentSize.objects.create(
            segment=india, hour=NOON + timedelta(hours=hours), members=members, entered=entered, left=left
        )
    told = over_time(india)
    assert [(one.members, one.entered, one.left) for one in told.points] == [(5, 5, 0), (4, 1, 2)]
    assert not told.by_day
    SegmentSize.objects.create(segment=india, hour=NOON + timedelta(days=9), members=8, entered=4)
    told = over_time(india)
    assert told.by_day
    assert [(one.members, one.entered, one.left) for one in told.points] == [(4, 6, 2), (8, 4, 0)]
    assert "People by day" in shown(page, address("time", india))
    lines = page.get(address("sizes", india)).content.decode().splitlines()
    assert [line.split(",")[1:] for line in lines[1:]] == [["4", "6", "2"], ["8", "4", "0"]]


def test_who_came_and_went_last_is_listed(page, india, run_jobs):
    asha = ContactFactory(country="IN")
    run_jobs()
    assert names(page.get(address("time", india) + "?only=entered")) == {str(asha)}
    assert not names(page.get(address("time", india) + "?only=left"))


def test_each_number_of_the_insights_opens_its_people(page, marketer, rep):
    people = [
        ContactFactory(country="IN", owner=rep),
        ContactFactory(country="DE"),
        ContactFactory(country="", email=""),
    ]
    kept = create_segment(name="Some", kind="static", by=marketer)
    add_members(kept, [one.pk for one in people], by=marketer)
    counted = 0
    for insight, lines in page.get(address("insights", kept)).context["insights"]:
        for line, where in lines:
            opened = page.get(where)
            assert opened.status_code == 200
            assert len(opened.context["page"]) == line.people, (insight.name, line.label)
            counted += line.people
    assert counted > 9
    assert page.get(address("members", kept) + "?by=shoe&is=9").status_code == 404


def test_two_segments_are_compared_and_a_part_is_kept_as_a_list(page, marketer):
    asha, ben, cleo = ContactFactory.create_batch(3)
    a, b = (create_segment(name=name, kind="static", by=marketer) for name in ("A", "B"))
    add_members(a, [asha.pk, ben.pk], by=marketer)
    add_members(b, [ben.pk, cleo.pk], by=marketer)
    told = overlap(a, b, marketer)
    assert (told.only_a, told.both, told.only_b, told.a, told.b) == (1, 1, 1, 2, 2)
    opened = page.get(address("compare", a) + f"?with={b.pk}&part=only_a")
    assert list(opened.context["page"]) == [asha]
    page.post(address("keep", a), {"with": b.pk, "part": "both"})
    kept = Segment.objects.get(name="A and B")
    assert [member.contact for member in kept.members.all()] == [ben]
    assert page.get(address("compare", a) + "?with=999999").status_code == 404


def test_who_uses_it_is_listed_with_the_way_there(page, india, marketer):
    rule = {"all": [{"test": "segment", "op": "is", "value": india.pk}]}
    other = create_segment(name="Among them", rule=rule, by=marketer)
    text = shown(page, address("uses", india))
    assert "Among them" in text
    assert address("members", other) in text


def test_all_members_are_tagged_as_one_bulk_run(page, marketer, run_jobs):
    asha = ContactFactory(country="IN", is_prospect=True)
    ContactFactory(country="DE")
    segment = create_segment(name="India", rule=INDIA, by=marketer)
    run_jobs()
    seen = page.get(address("members", segment))
    assert {"tag", "marketing.list"} <= {one.name for one in seen.context["bulk"]}
    where = reverse("crm:bulk-do", args=["crm.contact", "tag"])
    data = {"all": "1", "query": seen.context["bulk_query"]}
    asked = page.post(where, data)
    assert asked.context["count"] == 1
    tag = Tag.objects.create(name="Dear")
    page.post(where, data | {"go": "1", "expected": "1", "tags": [tag.pk]})
    run_jobs()
    run = BulkRun.objects.get()
    assert (run.total, run.done_count) == (1, 1)
    assert [item.record_id for item in run.items.all()] == [asha.pk]


def test_who_sees_some_of_them_is_told_how_many(rep, marketer, run_jobs):
    ContactFactory(country="IN", owner=rep)
    ContactFactory(country="IN")
    segment = create_segment(name="India", rule=INDIA, by=marketer)
    run_jobs()
    assert visible_count(segment, rep) == 1
    assert visible_count(segment, marketer) is None


def test_the_page_tells_what_the_nightly_comparison_found(client, marketer, run_jobs):
    segment = create_segment(name="Everybody", rule={"test": "email", "op": "is_filled"}, by=marketer)
    run_jobs()
    reconcile(timezone.now())
    client.force_login(marketer)
    page = client.get(reverse("admin:marketing_segment_members", args=[segment.pk])).content.decode()
    assert "The nightly comparison found no difference" in page


def test_a_journey_is_started_with_them_from_the_page_of_the_segment(client, marketer):
    segment = create_segment(name="Keen", rule={"test": "email", "op": "is_filled"}, by=marketer)
    client.force_login(marketer)
    page = client.get(reverse("admin:marketing_segment_members", args=[segment.pk])).content.decode()
    address = f"{reverse('admin:journeys_journey_add')}?segment={segment.pk}"
    assert address in page
    assert "Journey of “Keen”" in client.get(address).content.decode()
    client.post(address, {"name": "Welcome", "owner": marketer.pk})
    journey = apps.get_model("journeys.Journey").objects.get(name="Welcome")
    assert journey.draft["entry"] == {"kind": "segment", "params": {"segment": segment.pk}}
