"""What lets people in by itself: happenings with conditions, scores, records, dates, the API. And what lets them out early."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from crm.actions.records import change_record
from crm.log.recording import entry, record, record_many
from crm.models import Contact, Interaction
from journeys import conditions, ends, engine, graph, listening, opening, turns
from journeys.actions.participants import add_contacts
from journeys.models import Journey, Participant, Turn
from journeys.queries.goal import goal_of
from marketing.actions.scores import score
from marketing.models import ScoringModel, ScoringRule, SegmentMember, Submission
from tests.factories.crm import ContactFactory, UserFactory
from tests.factories.custom_fields import custom_field
from tests.factories.deals import LeadFactory
from tests.factories.emails import ListFactory
from tests.factories.journeys import NOON, definition, live_journey, many_contacts, node
from tests.factories.marketing_events import EventFactory, FormFactory

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
END = {"e": node("end")}
WAIT = {"w": node("wait_for", amount=30, unit="days"), "e": node("end")}
INDIA = {"all": [{"test": "country", "op": "is", "value": "IN"}]}
GOLD = {"field": "plan", "op": "is", "value": "gold"}


@pytest.fixture
def by():
    return UserFactory(roles=["marketer"])


def hear(now=NOON + HOUR):
    listening.handle(list(Interaction.objects.exclude(kind__startswith="journey.").order_by("pk")), now)


def happens(contact, kind="trigger.received", at=NOON + HOUR, **about):
    record(kind, contact=contact, occurred_at=at, **about)


def came(journey):
    return set(Participant.objects.filter(journey=journey).values_list("contact_id", flat=True))


def problems(entry_kind, params, **more):
    return [(p.path, p.message) for p in graph.check({**definition(END, entry=entry_kind, **params), **more})]


def test_conditions_on_what_came_with_it_choose_and_the_values_come_along():
    gold, silver = many_contacts(2)
    journey = live_journey(WAIT, entry="interaction", kind="trigger.received", where=[GOLD])
    happens(gold, data={"plan": "Gold", "seats": 5, "note": None})
    happens(silver, data={"plan": "silver"})
    hear()
    assert came(journey) == {gold.pk}
    assert Participant.objects.get().trigger == {"plan": "Gold", "seats": 5}


@pytest.mark.parametrize(
    "data", [{}, {"plan": None}, {"plan": ""}, {"plan": []}, {"plan": {"gold": 1}}, {"plan": [None]}]
)
@pytest.mark.parametrize("op", [name for name, _ in conditions.OPERATORS])
def test_a_null_or_missing_value_fulfils_nothing_and_fails_nothing(data, op):
    assert conditions.fulfilled([{"field": "plan", "op": op, "value": "1"}], data) is False


@pytest.mark.parametrize(
    ("op", "value", "found", "holds"),
    [
        ("is", "gold", " GOLD ", True),
        ("is_not", "gold", "silver", True),
        ("is_not", "gold", "gold", False),
        ("contains", "ol", "gold", True),
        ("over", "5", "5.5", True),
        ("over", "5", 5, False),
        ("over", "5", "many", False),
        ("under", "5", float("nan"), False),
        ("under", "5", -1, True),
        ("is", "yes", True, True),
        ("is", "gold", ["silver", "gold"], True),
        ("is_not", "gold", ["silver", "gold"], False),
        ("is_filled", "", 0, True),
    ],
)
def test_each_comparison_says_what_it_says(op, value, found, holds):
    assert conditions.fulfilled([{"field": "plan", "op": op, "value": value}], {"plan": found}) is holds


def test_a_dotted_name_leads_into_the_data():
    assert conditions.fulfilled([{"field": "order.total", "op": "over", "value": "10"}], {"order": {"total": 12}})
    assert not conditions.fulfilled([{"field": "order.total", "op": "over", "value": "10"}], {"order": 12})


def test_the_answers_of_a_form_can_be_asked_for():
    form, yes, no = FormFactory(), *many_contacts(2)
    journey = live_journey(
        END, entry="interaction", kind="form.submitted", source=f"marketing.form:{form.pk}", where=[GOLD]
    )
    for contact, plan in ((yes, "gold"), (no, "silver")):
        sent = Submission.objects.create(form=form, contact=contact, values={"plan": plan}, key=plan)
        happens(contact, "form.submitted", source=form, data={"submission": sent.pk}, verdict="human")
    hear()
    assert came(journey) == {yes.pk}


def test_a_rule_about_the_person_chooses_too():
    indian, german = ContactFactory(country="IN"), ContactFactory(country="DE")
    journey = live_journey(END, entry="interaction", kind="event.registered", who=INDIA)
    event = EventFactory()
    for contact in (indian, german):
        happens(contact, "event.registered", source=event)
    hear()
    assert came(journey) == {indian.pk}


@pytest.mark.parametrize("kind", ["event.registered", "event.unregistered", "event.attended"])
def test_registered_cancelled_and_checked_in_each_let_people_in(kind):
    event, other, contact = EventFactory(), EventFactory(), ContactFactory()
    journey = live_journey(END, entry="interaction", kind=kind, source=f"marketing.event:{event.pk}")
    happens(ContactFactory(), kind, source=other)
    happens(contact, kind, source=event)
    hear()
    assert came(journey) == {contact.pk}


def queries_for(count):
    journey = live_journey(
        WAIT, entry="interaction", kind="trigger.received", where=[GOLD], who=INDIA, again="after_leaving"
    )
    people = many_contacts(count, country="IN")
    record_many(
        entry("trigger.received", contact=contact, occurred_at=NOON + HOUR, data={"plan": "gold"}) for contact in people
    )
    rows = list(Interaction.objects.filter(kind="trigger.received", contact__in=people))
    with CaptureQueriesContext(connection) as queries:
        listening.handle(rows, NOON + HOUR)
    assert Participant.objects.filter(journey=journey).count() == count
    journey.stop()
    journey.save()
    return len([q for q in queries if not q["sql"].startswith("INSERT")])


def test_thousands_of_triggers_at_once_cost_no_query_each():
    """INSERTs are left out: Django splits them by the number of variables a database takes."""
    few = queries_for(1)
    many = queries_for(3000)
    assert many <= few + 3 * 3  # three chunks of a thousand people, each asked for by the same few questions


@pytest.fixture
def interest():
    model = ScoringModel.objects.create(name="Fit", is_active=True, ready_at=500, warm_at=1, computed_at=NOON)
    ScoringRule.objects.create(model=model, label="India", when=INDIA, points=60)
    return model


def test_a_score_that_crosses_the_number_upwards_lets_in_each_time_it_does(interest):
    journey = live_journey(END, entry="score", model=interest.pk, points=50, again="after_leaving")
    contact = ContactFactory(country="IN")
    for country, count in (("IN", 1), ("IN", 1), ("DE", 1), ("IN", 2)):
        Contact.objects.filter(pk=contact.pk).update(country=country)
        read = Interaction.objects.count()
        score(interest.pk, [contact.pk], NOON + HOUR)
        listening.handle(list(Interaction.objects.order_by("pk")[read:]), NOON + HOUR)
        engine.advance(NOON + HOUR)
        assert Participant.objects.filter(journey=journey).count() == count


def test_a_score_below_the_number_lets_nobody_in(interest):
    live_journey(END, entry="score", model=interest.pk, points=61)
    score(interest.pk, [ContactFactory(country="IN").pk], NOON + HOUR)
    hear()
    assert (Participant.objects.count(), Interaction.objects.filter(kind="score.crossed").count()) == (0, 0)


def test_a_new_contact_comes_in_and_one_from_before_or_from_an_import_does_not(run_jobs, by):
    from django.db import transaction

    from crm.audit import changing
    from crm.log.quiet import quietly

    ContactFactory()
    run_jobs()
    journey = live_journey(END, entry="record", record="crm.contact", event="created", now=timezone.now())
    new = ContactFactory()
    with transaction.atomic(), quietly("import"), changing("import", about="contacts.csv"):
        ContactFactory()
    run_jobs()
    assert came(journey) == {new.pk}


def test_a_field_of_the_contact_changed_to_a_value_lets_in(run_jobs, by):
    yes, no = ContactFactory(city="Pune"), ContactFactory(city="Pune")
    run_jobs()
    journey = live_journey(
        END, entry="record", record="crm.contact", event="changed", field="city", value="Berlin", now=timezone.now()
    )
    change_record(yes, {"city": "Berlin"}, by=by)
    change_record(no, {"city": "Bonn"}, by=by)
    run_jobs()
    assert came(journey) == {yes.pk}
    change_record(yes, {"job_title": "Buyer"}, by=by)
    run_jobs()
    assert Participant.objects.get().trigger["value"] == "Berlin"


def test_a_custom_field_changed_to_a_value_lets_in(run_jobs, by):
    custom_field("crm.contact", "plan", "text")
    contact = ContactFactory()
    run_jobs()
    journey = live_journey(
        END,
        entry="record",
        record="crm.contact",
        event="changed",
        field="custom.plan",
        value="gold",
        now=timezone.now(),
    )
    change_record(contact, {"custom.plan": "gold"}, by=by)
    run_jobs()
    assert came(journey) == {contact.pk}


def test_a_lead_created_or_given_another_owner_lets_its_contact_in(run_jobs, by):
    run_jobs()
    created = live_journey(END, entry="record", record="sales.lead", event="created", now=timezone.now())
    given = live_journey(
        END, entry="record", record="sales.lead", event="changed", field="owner", value=str(by.pk), now=timezone.now()
    )
    lead = LeadFactory()
    run_jobs()
    assert (came(created), came(given)) == ({lead.contact_id}, set())
    lead.owner = by
    lead.save()
    run_jobs()
    assert came(given) == {lead.contact_id}


def run_dates(journey, now):
    for one in opening.journeys_to_run(now):
        opening.run_planned(one, now)
    while turns.let_in(journey, now):
        pass
    engine.advance(now)


def test_a_birthday_lets_in_once_a_year_at_the_hour_of_the_persons_place():
    custom_field("crm.contact", "birthday", "day")
    born = ContactFactory(custom={"birthday": "1980-11-25"}, time_zone="Asia/Kolkata")
    ContactFactory(custom={"birthday": "1980-12-25"})
    ContactFactory(custom={})
    journey = live_journey(
        END,
        entry="date",
        field="custom.birthday",
        yearly=True,
        hour="09:00",
        clock="person",
        again="after_leaving",
    )
    at = datetime(2026, 11, 25, 3, 30, tzinfo=UTC)
    run_dates(journey, NOON)
    assert [(turn.contact_id, turn.due_at) for turn in Turn.objects.all()] == [(born.pk, at)]
    for hour in range(48):
        run_dates(journey, NOON + hour * HOUR)
    assert Participant.objects.filter(status="done").count() == 1
    run_dates(journey, datetime(2027, 11, 25, 2, tzinfo=UTC))
    run_dates(journey, datetime(2027, 11, 25, 4, tzinfo=UTC))
    assert Participant.objects.count() == 2


def test_days_before_a_date_that_was_moved_meanwhile_let_nobody_in():
    custom_field("crm.contact", "ends", "day")
    stays, moved = (ContactFactory(custom={"ends": "2026-12-02"}) for _ in range(2))
    journey = live_journey(
        WAIT, entry="date", field="custom.ends", shift=7, side="before", hour="09:00", clock="company"
    )
    run_dates(journey, NOON)
    assert Turn.objects.count() == 2
    Contact.objects.filter(pk=moved.pk).update(custom={"ends": "2027-12-02"})
    run_dates(journey, NOON + DAY)
    assert came(journey) == {stays.pk}


def test_who_is_born_on_the_leap_day_has_a_birthday_in_other_years_too():
    from journeys.planned import with_date

    custom_field("crm.contact", "birthday", "day")
    leap = ContactFactory(custom={"birthday": "1980-02-29"})
    params = {"field": "custom.birthday", "yearly": True}
    assert [list(with_date(params, date(year, 2, 28))) for year in (2027, 2028)] == [[leap], []]
    assert list(with_date(params, date(2028, 2, 29))) == [leap]


@pytest.fixture
def api(by):
    client = APIClient()
    client.force_authenticate(by)
    return client


def test_another_program_lets_somebody_in_once_a_key_with_values(api):
    contact = ContactFactory(email="asha@customer.example")
    journey = live_journey(WAIT, again="always")
    url = f"/api/v1/journeys/{journey.pk}/enter/"
    body = {"email": "Asha@customer.example", "values": {"plan": "gold", "note": None}, "key": "order-7"}
    assert api.post(url, body, format="json").json() == {"added": 1, "contact": contact.pk}
    api.post(url, body, format="json")
    assert api.post(url, {"contact": contact.pk}, format="json").json()["added"] == 1
    assert [p.trigger for p in Participant.objects.order_by("pk")] == [{"plan": "gold", "note": None}, {}]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "Name one person"),
        ({"email": "nobody@customer.example"}, "There is no contact with the address"),
        ({"email": "nobody"}, "valid email"),
        ({"contact": 987654}, "does not exist"),
        ({"email": "x@customer.example", "values": [1]}, "dictionary"),
        ({"email": "x@customer.example", "values": {"x": "y" * 20_001}}, "more than"),
    ],
)
def test_a_call_with_a_mistake_says_so_and_lets_nobody_in(api, body, words):
    ContactFactory(email="x@customer.example")
    answer = api.post(f"/api/v1/journeys/{live_journey(END).pk}/enter/", body, format="json")
    assert (answer.status_code, words in answer.content.decode(), Participant.objects.count()) == (400, True, 0)


def test_who_may_not_change_the_journey_lets_nobody_in(rep):
    client = APIClient()
    client.force_authenticate(rep)
    answer = client.post(f"/api/v1/journeys/{live_journey(END).pk}/enter/", {"contact": 1}, format="json")
    assert answer.status_code == 403


# What lets people out


def with_exits(by, *people, goal=None, **exits):
    draft = {**definition(WAIT, goal=goal), "exits": exits or None}
    from journeys.actions.journeys import publish_journey
    from tests.factories.journeys import JourneyFactory

    journey = publish_journey(JourneyFactory(draft=draft), by=by, now=NOON)
    add_contacts(journey, contacts=[person.pk for person in people], by=by, now=NOON)
    return journey


def how(contact):
    found = Participant.objects.get(contact=contact)
    return found.status, found.outcome, ends.reason(found.version.graph, found.outcome)


def test_an_exit_by_a_happening_asks_its_conditions_and_says_why(by):
    out, stays = many_contacts(2)
    with_exits(by, out, stays, happenings=[{"kind": "trigger.received", "source": "", "where": [GOLD]}])
    happens(out, data={"plan": "gold"})
    happens(stays, data={"plan": None})
    hear()
    assert how(out) == ("exited", "did:0", "Custom trigger")
    assert how(stays)[0] == "waiting"


def test_an_exit_by_entering_a_segment(by):
    out, segment = ContactFactory(), ListFactory(name="Customers")
    with_exits(by, out, segments=[segment.pk])
    SegmentMember.objects.create(segment=segment, contact=out)
    happens(out, "segment.entered", source=segment)
    hear()
    assert how(out) == ("exited", f"entered:{segment.pk}", "entered “Customers”")


def test_an_exit_by_a_rule_is_looked_at_when_the_person_changes(by, run_jobs):
    out, stays = ContactFactory(country="DE"), ContactFactory(country="DE")
    with_exits(by, out, stays, rule=INDIA)
    run_jobs()
    assert how(out)[0] == "waiting"
    change_record(out, {"country": "IN"}, by=by)
    run_jobs()
    assert how(out)[:2] == ("exited", "fulfilled")
    assert how(stays)[0] == "waiting"


def test_an_exit_by_a_rule_about_what_they_did_is_looked_at_when_they_do_it(by):
    out = ContactFactory()
    with_exits(by, out, rule={"all": [{"did": "form.submitted", "at_least": 2}]})
    for at_least, status in ((1, "waiting"), (2, "exited")):
        happens(out, "form.submitted", source=FormFactory())
        hear()
        assert (at_least, how(out)[0]) == (at_least, status)


def test_the_goal_counts_different_people_some_days_after_they_left_too(by):
    soon, late, too_late = many_contacts(3)
    goal = {"kind": "trigger.received", "source": "", "where": [GOLD], "target": 60, "unit": "percent", "listen": 3}
    journey = with_exits(by, soon, late, too_late, goal=goal)
    Participant.objects.exclude(contact=soon).update(status="done", left_at=NOON, due_at=None)
    for contact, days in ((soon, 1), (late, 2), (late, 2), (too_late, 4)):
        happens(contact, at=NOON + days * DAY, data={"plan": "gold"})
    hear(NOON + 5 * DAY)
    assert how(soon) == ("exited", "goal", "reached the goal: Custom trigger, where plan is “gold”")
    found = goal_of(Journey.objects.get(pk=journey.pk).live_version)
    assert (found.reached, found.entered, found.share, found.target, found.is_met) == (2, 3, "67", "60 %", True)


@pytest.mark.parametrize(
    ("kind", "params", "more", "path"),
    [
        (
            "interaction",
            {"kind": "trigger.received", "where": [{"field": "a", "op": "almost"}]},
            {},
            "entry/params/where",
        ),
        ("interaction", {"kind": "trigger.received", "where": "x"}, {}, "entry/params/where"),
        ("interaction", {"kind": "form.submitted", "source": "marketing.form:98765"}, {}, "entry/params/source"),
        ("interaction", {"kind": "form.submitted", "who": {"test": "nothing"}}, {}, "entry/params/who"),
        ("score", {"model": 98765, "points": 5}, {}, "entry/params/model"),
        ("record", {"record": "crm.contact", "event": "changed"}, {}, "entry/params/field"),
        ("record", {"record": "sales.nothing", "event": "created"}, {}, "entry/params/record"),
        ("record", {"record": "crm.contact", "event": "changed", "field": "shoe"}, {}, "entry/params/field"),
        ("date", {"field": "shoe", "hour": "09:00"}, {}, "entry/params/field"),
        ("date", {"field": "created_at"}, {}, "entry/params/hour"),
        ("by_hand", {}, {"exits": {"segments": [98765]}}, "exits/segments"),
        ("by_hand", {}, {"exits": {"happenings": [{"kind": "x"}]}}, "exits/happenings"),
        ("by_hand", {}, {"exits": {"rule": {"test": "nothing"}}}, "exits/rule"),
        ("by_hand", {}, {"exits": {"doors": []}}, "exits"),
        ("by_hand", {}, {"goal": {"kind": "form.submitted", "source": "marketing.form:98765"}}, "goal/source"),
        ("by_hand", {}, {"goal": {"kind": "form.submitted", "unit": "percent", "target": 101}}, "goal/target"),
        ("by_hand", {}, {"goal": {"kind": "x"}}, "goal"),
    ],
)
def test_each_mistake_of_a_trigger_a_goal_or_an_exit_is_told_at_its_place(kind, params, more, path):
    assert [where for where, _ in problems(kind, params, **more)] == [f"draft/{path}"]


def test_a_merged_or_deleted_person_does_not_come_in():
    contact = ContactFactory()
    journey = live_journey(END, entry="interaction", kind="trigger.received")
    happens(contact)
    Contact.objects.filter(pk=contact.pk).update(deleted_at=NOON)
    hear()
    assert came(journey) == set()
