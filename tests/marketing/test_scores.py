"""Scores: they follow from the log, whatever is delivered twice, and say why."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.errors import Invalid
from crm.log.recording import record
from crm.models import Contact, Interaction, LogCursor
from crm.rules.use import those
from marketing.actions.scores import change_scoring_model, create_scoring_model, score
from marketing.models import Score, ScoringModel
from marketing.queries.scores import top
from tests.factories.crm import ContactFactory

RULES = [
    {"label": "Opened", "when": {"did": "email.opened"}, "points": 5, "limit": 2},
    {"label": "Clicked", "when": {"all": [{"did": "email.clicked"}]}, "points": 10, "limit": None},
    {"label": "Is in India", "when": {"test": "country", "op": "is", "value": "IN"}, "points": 7},
    {"label": "Unsubscribed", "when": {"did": "email.unsubscribed"}, "points": -20},
]


@pytest.fixture
def model(marketer, run_jobs):
    made = create_scoring_model(name="Interest", warm_at=10, ready_at=25, rules=RULES, by=marketer)
    run_jobs()
    return ScoringModel.objects.get(pk=made.pk)


def points(contact):
    found = Score.objects.filter(contact=contact).first()
    return found.points if found else None


def test_points_follow_the_log_with_their_reasons(model, run_jobs):
    asha = ContactFactory(country="DE")
    for _ in range(3):
        record("email.opened", contact=asha, verdict="human")
    record("email.clicked", contact=asha)
    run_jobs()
    found = Score.objects.get(contact=asha)
    assert (found.points, found.grade) == (20, "Warm")
    assert [(r["label"], r["points"], r["times"]) for r in found.reasons] == [("Opened", 10, 2), ("Clicked", 10, 1)]


def test_machines_give_no_points(model, run_jobs):
    asha = ContactFactory(country="DE")
    record("email.clicked", contact=asha, verdict="scanner")
    run_jobs()
    assert points(asha) is None


def test_a_fact_counts_once_and_goes_when_it_changes(model, run_jobs):
    asha = ContactFactory(country="IN")
    run_jobs()
    assert points(asha) == 7
    Contact.objects.filter(pk=asha.pk).update(country="DE")
    run_jobs()
    assert points(asha) == 0


def test_what_is_delivered_twice_counts_once(model, run_jobs):
    asha = ContactFactory(country="DE")
    record("email.clicked", contact=asha)
    run_jobs()
    LogCursor.objects.update(epoch=0, xid=0, position=0)
    run_jobs()
    assert points(asha) == 10
    assert score(model.pk, [asha.pk], timezone.now()) == 0


def test_passing_the_threshold_is_told_once(model, run_jobs):
    asha = ContactFactory(country="DE")
    for _ in range(4):
        record("email.clicked", contact=asha)
        run_jobs()
    reached = Interaction.objects.get(kind="score.reached")
    assert (reached.contact, reached.data["points"], reached.source_id) == (asha, 30, model.pk)
    assert Score.objects.get(contact=asha).reached_at is not None


def test_falling_below_and_rising_again_is_told_again(model, run_jobs):
    asha = ContactFactory(country="DE")
    for kind in ["email.clicked"] * 3 + ["email.unsubscribed"] + ["email.clicked"] * 2:
        record(kind, contact=asha)
        run_jobs()
    assert Interaction.objects.filter(kind="score.reached").count() == 2


def test_the_first_computation_tells_nobody(marketer, run_jobs):
    asha = ContactFactory(country="DE")
    for _ in range(3):
        record("email.clicked", contact=asha)
    create_scoring_model(name="Interest", warm_at=10, ready_at=25, rules=RULES, by=marketer)
    run_jobs()
    assert points(asha) == 30
    assert not Interaction.objects.filter(kind="score.reached").exists()


def test_changed_rules_are_applied_to_everybody(model, marketer, run_jobs):
    asha = ContactFactory(country="DE")
    record("email.clicked", contact=asha)
    run_jobs()
    changed = change_scoring_model(
        model, rules=[{"label": "C", "when": {"did": "email.clicked"}, "points": 3}], by=marketer
    )
    assert (changed.recompute_total, changed.recomputed) == (1, 0)
    run_jobs()
    assert points(asha) == 3
    assert ScoringModel.objects.get().recompute_due_at is None


def test_points_cannot_depend_on_a_score_or_a_ranking(model, marketer):
    when = {"test": "score", "of": model.pk, "op": "over", "value": 3}
    with pytest.raises(Invalid, match="Points cannot depend on a score"):
        create_scoring_model(name="Loop", rules=[{"label": "L", "when": when, "points": 1}], by=marketer)
    ranking = {"top": {"n": 3, "by": f"score:{model.pk}", "of": {"did": "email.opened"}}}
    with pytest.raises(Invalid, match="ranking"):
        create_scoring_model(name="Loop", rules=[{"label": "L", "when": ranking, "points": 1}], by=marketer)


def test_a_score_can_be_tested_and_who_has_none_has_nothing(model, run_jobs):
    asha, ben = ContactFactory(country="IN"), ContactFactory(country="DE")
    run_jobs()

    def found(op, value=None):
        return set(those({"test": "score", "of": model.pk, "op": op, "value": value}, timezone.now()))

    assert (found("at_least", 7), found("over", 7)) == ({asha}, set())
    assert (found("under", 1), found("at_least", 0), found("at_most", -1)) == ({ben}, {asha, ben}, set())
    assert (found("is_empty"), found("is_filled")) == ({ben}, {asha})


def test_the_top_of_those_registered_by_score_and_equals_by_who_came_first(model, run_jobs):
    now = timezone.now()
    people = [ContactFactory(country="DE", last_name=name) for name in ("Best", "Late", "Early", "Outside", "None")]
    best, late, early, outside, none = people
    for person, clicks, ago in ((best, 3, 1), (late, 2, 1), (early, 2, 2), (none, 0, 9)):
        record(
            "event.registered", contact=person, source=("marketing.event", 7), occurred_at=now - timedelta(hours=ago)
        )
        for _ in range(clicks):
            record("email.clicked", contact=person)
    for _ in range(9):
        record("email.clicked", contact=outside)
    record("event.registered", contact=outside, source=("marketing.event", 8))
    run_jobs()
    registered = {"did": "event.registered", "source": "marketing.event:7"}
    ties = {"first": "event.registered", "source": "marketing.event:7"}
    rule = {"top": {"n": 2, "by": f"score:{model.pk}", "of": registered, "ties": ties}}
    assert set(those(rule, now)) == {best, early}
    of = those(registered, now)
    assert list(top(model, of, 4, ("marketing.event", 7))) == [best, early, late, none]


def test_a_segment_by_score_follows_the_score(model, marketer, run_jobs):
    from marketing.actions.segments import create_segment

    asha = ContactFactory(country="DE")
    segment = create_segment(
        name="Hot", rule={"test": "score", "of": model.pk, "op": "at_least", "value": 20}, by=marketer
    )
    top_one = {"top": {"n": 1, "by": f"score:{model.pk}", "of": {"did": "email.clicked"}}}
    first = create_segment(name="First", rule=top_one, by=marketer)
    run_jobs()
    record("email.clicked", contact=asha)
    record("email.clicked", contact=asha)
    run_jobs()
    assert [m.contact for m in segment.members.all()] == [asha]
    run_jobs(later=timedelta(seconds=10))
    assert [m.contact for m in first.members.all()] == [asha]


def test_a_window_lets_points_go_by_the_clock(marketer, run_jobs):
    asha = ContactFactory()
    record("email.clicked", contact=asha)
    rules = [{"label": "C", "when": {"did": "email.clicked", "within_days": 30}, "points": 3}]
    create_scoring_model(name="Fresh", rules=rules, by=marketer)
    run_jobs()
    assert points(asha) == 3
    run_jobs(later=timedelta(days=31))
    assert points(asha) == 0
