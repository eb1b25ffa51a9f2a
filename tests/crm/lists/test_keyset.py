"""Pages by key: every row once, whatever the order, both ways, with empty values, while rows come and go."""

import pytest
from django.http import QueryDict
from django.utils import timezone

from crm.hooks import records
from crm.models import Activity, Contact
from crm.queries.keyset import page_of
from crm.queries.lists import ListQuery
from tests.factories.crm import ActivityFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory

pytestmark = pytest.mark.django_db


def walk(asked, *, size=3, way="after"):
    """The pages from one end to the other."""
    pages, mark = [], {}
    while True:
        page = page_of(asked.matching, asked.order, asked.ways, size=size, **mark)
        pages.append(page)
        assert len(pages) < 60, "It goes in circles."
        follow = getattr(page, way)
        if not follow:
            return pages
        mark = {way: follow}


def asked(kind, user, query):
    return ListQuery(records.get(kind), user, QueryDict(query))


@pytest.fixture
def activities(rep):
    """Ten, of which four have no due time and four share one."""
    now = timezone.now().replace(microsecond=0)
    hours = [None, 5, 5, None, 1, 5, None, 9, 5, None]
    times = [None if hour is None else now + timezone.timedelta(hours=hour) for hour in hours]
    return [ActivityFactory(owner=rep, subject=f"{n}", due_at=at) for n, at in enumerate(times)]


@pytest.mark.parametrize("sort", ["due_at", "-due_at", "subject", "-created_at"])
@pytest.mark.parametrize("size", [1, 3, 4, 9, 10, 11])
def test_every_row_comes_once_forward_and_the_same_way_back(activities, rep, sort, size):
    list_ = asked("crm.activity", rep, f"sort={sort}")
    forward = walk(list_, size=size)
    rows = [row.pk for page in forward for row in page]
    assert sorted(rows) == sorted(activity.pk for activity in activities)
    mark, end = forward[-1].before, len(rows) - len(forward[-1].rows)
    while mark:
        page = page_of(list_.matching, list_.order, list_.ways, size=size, before=mark)
        found, mark = [row.pk for row in page], page.before
        assert found == (rows[end - size : end] if mark else rows[:size])
        end -= size
    assert end <= 0
    assert (forward[0].before, forward[-1].after) == ("", "")


@pytest.mark.parametrize("sort", ["due_at", "-due_at"])
def test_rows_without_a_value_come_last_in_both_directions(activities, rep, sort):
    rows = [row for page in walk(asked("crm.activity", rep, f"sort={sort}")) for row in page]
    assert [row.due_at is None for row in rows] == [False] * 6 + [True] * 4
    assert rows == sorted(rows, key=lambda row: rows.index(row))


def test_people_of_one_name_come_by_their_first_names(rep):
    for first in ("Zoe", "Asha", "Mei"):
        ContactFactory(owner=rep, first_name=first, last_name="Rao")
    rows = [str(row) for page in walk(asked("crm.contact", rep, ""), size=2) for row in page]
    assert rows == ["Asha Rao", "Mei Rao", "Zoe Rao"]


def test_a_row_that_comes_or_goes_shifts_no_other(rep):
    made = [ContactFactory(owner=rep, last_name=f"Name {n}") for n in range(6)]
    list_ = asked("crm.contact", rep, "")
    first = page_of(list_.matching, list_.order, list_.ways, size=3)
    ContactFactory(owner=rep, last_name="Name 0 first of all")
    Contact.objects.filter(pk=made[2].pk).delete()
    second = page_of(list_.matching, list_.order, list_.ways, size=3, after=first.after)
    assert [str(row) for row in second] == ["Asha Name 3", "Asha Name 4", "Asha Name 5"]


@pytest.mark.parametrize(
    "mark", ["nonsense", "e30", "WzEsMl0", "WyJhIiwiYiIsImMiXQ", "WyJcdTAwMDAiLCJiIiwxXQ", "Ww" * 4000]
)
def test_a_mark_that_cannot_be_read_means_the_first_page(rep, mark):
    ContactFactory(owner=rep)
    list_ = asked("crm.contact", rep, "")
    assert len(page_of(list_.matching, list_.order, list_.ways, size=3, after=mark).rows) == 1
    assert len(page_of(list_.matching, list_.order, list_.ways, size=3, before=mark).rows) == 1


def test_whoever_sees_rows_by_many_ways_sees_each_once_and_no_other(rep, manager):
    """By team, by nobody's owner within the team, through a lead: all in one order, and exactly what visible_to says."""
    colleague = UserFactory(team=rep.team, roles=["rep"])
    stranger = UserFactory(team=TeamFactory(), roles=["rep"])
    for n in range(4):
        ContactFactory(owner=rep, last_name=f"{n} mine")
        ContactFactory(owner=colleague, last_name=f"{n} theirs")
        ContactFactory(owner=None, team=rep.team, last_name=f"{n} nobody's")
        ContactFactory(owner=stranger, last_name=f"{n} hidden")
        seen = ContactFactory(owner=stranger, last_name=f"{n} of a lead")
        LeadFactory(contact=seen, owner=rep)
        LeadFactory(contact=ContactFactory(owner=rep, last_name=f"{n} both"), owner=rep)
    for user in (rep, manager, stranger):
        list_ = asked("crm.contact", user, "prospects=")
        rows = [row.pk for page in walk(list_, size=4) for row in page]
        expected = list(
            Contact.objects.visible_to(user).order_by("last_name", "first_name", "pk").values_list("pk", flat=True)
        )
        assert rows == expected
        deep = page_of(list_.matching, list_.order, list_.ways, size=4, before=walk(list_, size=4)[-1].before)
        assert [row.pk for row in deep] == expected[-4 - (len(expected) % 4 or 4) : -(len(expected) % 4 or 4)]


def test_who_may_see_nothing_gets_no_row(rep):
    from crm.access.ways import Ways

    ContactFactory(owner=rep)
    list_ = asked("crm.contact", rep, "")
    assert page_of(list_.matching, list_.order, Ways([], []), size=3).rows == []


def test_numbers_and_days_are_marks_too(rep):
    from tests.factories.deals import OpportunityFactory

    for amount in ("10.50", "9", "100", "9"):
        OpportunityFactory(owner=rep, estimated_revenue=amount, topic=amount)
    for sort in ("estimated_revenue", "-estimated_revenue", "estimated_close"):
        rows = [row.topic for page in walk(asked("sales.opportunity", rep, f"sort={sort}"), size=1) for row in page]
        assert len(rows) == 4
    assert rows[:0] == []
    assert [row.topic for page in walk(asked("sales.opportunity", rep, "sort=-estimated_revenue"), size=1) for row in page] == [
        "100", "10.50", "9", "9",
    ]  # fmt: skip


def test_the_page_links_to_the_next_and_back(client, rep):
    for n in range(51):
        ActivityFactory(owner=rep, subject=f"{n:02}")
    client.force_login(rep)
    first = client.get("/activities/?sort=subject")
    mark = first.context["page"].after
    second = client.get(f"/activities/?sort=subject&after={mark}")
    assert [row.subject for row in second.context["page"]] == ["50"]
    assert f"?sort=subject&amp;before={second.context['page'].before}" in second.content.decode()
    Activity.objects.filter(subject="50").delete()
    assert "Nothing here any more" in client.get(f"/activities/?sort=subject&after={mark}").content.decode()
