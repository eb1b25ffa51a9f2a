"""After any changes, seen only as the readers see them, every segment holds whom its rule means, and a whole refresh finds nothing."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.actions.consent import contact_point, give_consent, withdraw_consent
from crm.log.reading import read_forward, readers
from crm.log.recording import record
from crm.models import Account, Contact
from crm.rules.use import parse
from marketing.actions.membership import READER, Change, refresh
from marketing.actions.segments import refresh_moving
from marketing.models import Segment, SegmentMember
from tests.crm.rules.test_agreement import KINDS, NOW, holds, mail, rules, twelve_people

pytestmark = pytest.mark.django_db
TWELVE = st.integers(0, 11)


@pytest.fixture
def people():
    return twelve_people()


def edited(at, field, value):
    def change(people):
        Contact.objects.filter(pk=people[at].pk).update(**{field: value})

    return change


def did(at, kind, days, verdict, on_mail):
    def change(people):
        message = people[at].messages.order_by("-sent_at").first() if on_mail else None
        record(
            kind, contact=people[at], source=("marketing.email", 1), message=message, verdict=verdict,
            data={"link": 1, "url": "https://vendor.example/pricing"}, occurred_at=NOW - timedelta(days=days, seconds=30),
        )  # fmt: skip

    return change


def sent(at):
    def change(people):
        message = mail(people[at], f"again {people[at].messages.count()}", NOW - timedelta(seconds=1))
        record("email.sent", contact=people[at], message=message, occurred_at=message.sent_at)

    return change


def consented(at, granted):
    def change(people):
        if people[at].email:
            decide = give_consent if granted else withdraw_consent
            decide(contact_point(people[at].email), purpose="commercial", source="test")

    return change


def industry(value):
    def change(people):
        Account.objects.filter(name="Northwind").update(industry=value)

    return change


changes = st.lists(
    st.one_of(
        st.builds(edited, TWELVE, st.just("city"), st.sampled_from(["Berlin", "", "Wien"])),
        st.builds(edited, TWELVE, st.just("country"), st.sampled_from(["IN", "DE", ""])),
        st.builds(edited, TWELVE, st.just("is_active"), st.booleans()),
        st.builds(edited, TWELVE, st.just("last_active_at"), st.sampled_from([None, NOW - timedelta(days=40)])),
        st.builds(did, TWELVE, st.sampled_from(KINDS), st.integers(0, 10), st.sampled_from(["human", "scanner"]), st.booleans()),
        st.builds(sent, TWELVE),
        st.builds(consented, TWELVE, st.booleans()),
        st.builds(industry, st.sampled_from(["Wind", "Steel"])),
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip


def made(rule, name):
    segment = Segment.objects.create(name=name, rule=rule)
    refresh(segment.pk, NOW)
    return segment


def members(segment):
    return set(SegmentMember.objects.filter(segment=segment).values_list("contact", flat=True))


def read():
    """Both readers, until neither has news: who enters one segment may enter another by it."""
    while sum(read_forward(readers.get(name), NOW) for name in ("marketing.segments", READER)):
        pass


def test_what_readers_see_of_any_changes_is_what_the_rules_mean(people):
    read()

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(rules, min_size=2, max_size=4), changes)
    def agree(stored, some):
        Segment.objects.all().delete()
        segments = [made(rule, f"Rule {n}") for n, rule in enumerate(stored)]
        others = made({"test": "segment", "op": "is_not", "value": segments[0].pk}, "Not in the first")
        for change in some:
            change(people)
        read()
        everybody = Contact.objects.filter(is_active=True).select_related("account").order_by("pk")
        everybody = list(everybody.prefetch_related("interactions", "messages"))
        for segment, rule in zip(segments, map(parse, stored), strict=True):
            assert members(segment) == {person.pk for person in everybody if holds(rule, person)}
        assert members(others) == {person.pk for person in everybody} - members(segments[0])
        for segment in [*segments, others]:
            assert refresh(segment.pk, NOW) == Change()

    agree()


def test_the_clock_alone_finds_whom_a_whole_refresh_would_find(people):
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(rules, min_size=1, max_size=3), st.integers(1, 60))
    def agree(stored, days):
        Segment.objects.all().delete()
        segments = [made(rule, f"Rule {n}") for n, rule in enumerate(stored)]
        later = NOW + timedelta(days=days)
        refresh_moving(later)
        for segment in segments:
            assert refresh(segment.pk, later) == Change()

    read()
    agree()
