"""Rules: what they answer, how they read, and what is said about a wrong one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.hooks import rankings
from crm.log.recording import record
from crm.rules.use import RuleInvalid, check, matching, moves_with_time, parse, reasons, those, words
from tests.factories.crm import ContactFactory

STORY = {
    "all": [
        {"test": "country", "op": "is_any_of", "value": ["IN", "DE"]},
        {"test": "commercial_consent", "op": "is", "value": True},
    ]
}


def said(stored):
    return [str(problem) for problem in check(stored)]


def test_a_rule_reads_as_a_sentence(db):
    assert words(STORY) == "Country is India or Germany, and Commercial consent: yes"


def test_behaviour_reads_as_a_sentence(db):
    stored = {"did": "email.opened", "at_least": 3, "within_days": 30}
    assert words(stored) == "Email opened at least 3× in the last 30 days"


def test_a_test_that_does_not_fit_its_attribute_is_named_with_its_place(db):
    stored = {
        "all": [{"test": "city", "op": "over", "value": 3}, {"any": [{"test": "country", "op": "is", "value": "XX"}]}]
    }
    assert said(stored) == [
        "rule/all[0]: “City” cannot be tested with “over”.",
        "rule/all[1]/any[0]: “Country is”: “XX” is not one of the choices.",
    ]


@pytest.mark.parametrize(
    ("stored", "sentence"),
    [
        ({}, "rule: A condition is one of: all, any, not, test, did, has, top."),
        (None, "rule: A condition is missing here."),
        ([], "rule: A condition is missing here."),
        ({"all": []}, "rule: This group has no condition yet. Add one, or remove the group."),
        ({"all": "x"}, "rule: This group has no condition yet. Add one, or remove the group."),
        ({"not": 3}, "rule/not: A condition is missing here."),
        ({"test": "shoe_size", "op": "is", "value": 3}, "rule: There is no attribute “shoe_size” to test."),
        ({"test": ["city"], "op": "is", "value": 3}, "rule: There is no attribute “['city']” to test."),
        ({"test": "city", "op": ["is"], "value": "x"}, "rule: “City” cannot be tested with “['is']”."),
        ({"test": "city", "op": "is", "value": " "}, "rule: “City is”: write what to compare with."),
        ({"test": "city", "op": "is", "value": "a\x00"}, "rule: “City is”: that is no text of at most 500 characters."),
        ({"test": "employees", "op": "over", "value": True}, "rule: “Employees is over”: write a number."),
        ({"test": "employees", "op": "over", "value": float("nan")}, "rule: “Employees is over”: write a number."),
        ({"test": "created", "op": "on", "value": "tomorrow"}, "rule: “Created is on”: choose a date."),
        ({"test": "is_prospect", "op": "is", "value": "yes"}, "rule: “Is a prospect is”: choose yes or no."),
        ({"test": "city", "op": "is", "value": "x", "of": 3}, "rule: “City” is not “of” anything."),
        ({"test": "city", "op": "is", "value": "x", "or": 3}, "rule: “or” is not known here."),
        ({"did": "email.smelled"}, "rule: There is no behaviour “email.smelled”."),
        ({"did": "email.opened", "at_least": 0}, "rule: “at least” is a whole number from 1 to 100,000."),
        (
            {"did": "email.opened", "at_least": 3, "at_most": 2},
            "rule: At least 3 and at most 2 times cannot both hold.",
        ),
        (
            {"did": "email.opened", "source": "email"},
            "rule: “email” does not name a record; write it like marketing.email:7.",
        ),
        ({"top": {"n": 10, "by": "beauty", "of": {"did": "email.opened"}}}, "rule: There is no ranking “beauty”."),
        ({"top": 3}, "rule: “top” needs n, by and of."),
    ],
)
def test_a_wrong_rule_is_an_error_and_never_everybody(db, stored, sentence):
    ContactFactory()
    assert said(stored) == [sentence]
    with pytest.raises(RuleInvalid):
        those(stored, timezone.now())


def test_groups_in_groups_end_somewhere(db):
    stored = {"test": "city", "op": "is", "value": "x"}
    for _ in range(500):
        stored = {"not": stored}
    assert said(stored)[0].endswith("Groups may lie in one another at most 8 deep.")


def test_machines_do_not_count_unless_asked(db):
    person = ContactFactory()
    record("email.opened", contact=person, verdict="scanner")
    assert list(those({"did": "email.opened"}, timezone.now())) == []
    assert list(those({"did": "email.opened", "verdicts": "all"}, timezone.now())) == [person]


def test_who_is_in_the_bin_or_deactivated_matches_nothing_not_even_a_negation(db):
    ContactFactory(deleted_at=timezone.now())
    gone = ContactFactory(is_active=False)
    stored = {"not": {"test": "city", "op": "is", "value": "Berlin"}}
    assert list(those(stored, timezone.now())) == []
    assert not reasons(parse(stored), gone.pk, timezone.now()).holds


def test_reasons_say_which_part_holds(db):
    person = ContactFactory(country="IN")
    reason = reasons(parse(STORY), person.pk, timezone.now())
    assert (reason.holds, [(one.words, one.holds) for one in reason.inner]) == (
        False,
        [("Country is India or Germany", True), ("Commercial consent: yes", False)],
    )


def test_german_is_also_what_is_spoken_in_austria(db):
    person = ContactFactory(language="de-AT")
    ContactFactory(language="en")
    assert list(those({"test": "language", "op": "is", "value": "de"}, timezone.now())) == [person]


def test_a_rule_knows_whether_time_alone_moves_it(db):
    assert moves_with_time(parse({"did": "email.opened", "within_days": 3}))
    assert moves_with_time(parse({"not": {"test": "created", "op": "in_last", "value": 3}}))
    assert not moves_with_time(parse(STORY))


@pytest.fixture
def by_name_length(monkeypatch):
    from django.db.models.functions import Length

    monkeypatch.setattr(rankings, "_rankings", rankings.Registry("ranking"))
    rankings.register(rankings.Ranking("length", "Length of name", lambda _: Length("last_name")))


def test_the_top_are_taken_of_those_who_match_and_ties_go_to_the_first(db, by_name_length):
    now = timezone.now()
    late, early, short, other = (ContactFactory(last_name=name) for name in ("Late1", "Early", "S", "Nobody"))
    for person, ago in ((late, 1), (early, 2), (short, 3)):
        record("email.opened", contact=person, occurred_at=now - timedelta(days=ago))
    top = {"top": {"n": 2, "by": "length", "of": {"did": "email.opened"}, "ties": {"first": "email.opened"}}}
    assert set(matching(parse(top), now)) == {early, late}
    top["top"]["n"] = 1
    assert list(matching(parse(top), now)) == [early]
    assert other not in matching(parse({"all": [top, {"did": "email.opened"}]}), now)
    assert "ties: Email opened first" in words(top)
