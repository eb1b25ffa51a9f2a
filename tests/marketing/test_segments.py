"""Segments: built, kept up to date within a round of jobs, explained, and never in a circle."""

import pytest
from django.utils import timezone

from crm.errors import Forbidden, Invalid, NotAllowed
from crm.log.recording import record
from crm.models import Account, Consent, Contact, ContactPoint, Interaction
from crm.rules.use import RuleInvalid, words
from marketing.actions.membership import refresh
from marketing.actions.segments import (
    add_members,
    ask_for_refresh,
    change_segment,
    copy_as_list,
    create_segment,
    delete_segment,
    reconcile,
    remove_members,
)
from marketing.models import Segment
from marketing.queries.segments import why
from tests.factories.crm import AccountFactory, ContactFactory, UserFactory

STORY = {
    "all": [
        {"test": "country", "op": "is_any_of", "value": ["IN", "DE"]},
        {"test": "commercial_consent", "op": "is", "value": True},
    ]
}
INDIA = {"all": [{"test": "country", "op": "is", "value": "IN"}]}


def people_of(segment):
    return set(segment.members.values_list("contact_id", flat=True))


def told(kind, segment):
    return sorted(Interaction.objects.filter(kind=kind, source_id=segment.pk).values_list("contact_id", flat=True))


def consents(contact, granted=True):
    point, _ = ContactPoint.objects.get_or_create(channel="email", value=contact.email_normal)
    point.consents.update(is_current=False)
    Consent.objects.create(point=point, purpose="commercial", granted=granted, source="test", given_at=timezone.now())


@pytest.fixture
def made(marketer, run_jobs):
    """Make a segment and let the jobs build it."""

    def make(rule, name="Segment", **more):
        segment = create_segment(name=name, rule=rule, by=marketer, **more)
        run_jobs()
        return Segment.objects.get(pk=segment.pk)

    return make


def test_the_segment_of_the_story_holds_those_in_india_or_germany_who_consented(made):
    asha, ben, cora = ContactFactory(country="IN"), ContactFactory(country="DE"), ContactFactory(country="FR")
    silent = ContactFactory(country="IN")
    for person in (asha, ben, cora):
        consents(Contact.objects.get(pk=person.pk))
    segment = made(STORY)
    assert people_of(segment) == {asha.pk, ben.pk}
    assert silent.pk not in people_of(segment)
    assert (segment.member_count, segment.status) == (2, "ready")
    assert words(segment.rule) == "Country is India or Germany, and Commercial consent: yes"


def test_the_first_build_tells_nobody_and_later_changes_are_told(made, run_jobs):
    asha = ContactFactory(country="IN")
    segment = made(INDIA)
    assert told("segment.entered", segment) == []
    ben = ContactFactory(country="IN")
    Contact.objects.filter(pk=asha.pk).update(country="FR")
    run_jobs()
    assert people_of(segment) == {ben.pk}
    assert told("segment.entered", segment) == [ben.pk]
    assert told("segment.left", segment) == [asha.pk]
    assert Segment.objects.get(pk=segment.pk).member_count == 1


def test_consent_that_is_withdrawn_takes_out_at_once(made, run_jobs):
    asha = ContactFactory(country="IN")
    asha.refresh_from_db()
    consents(asha)
    segment = made(STORY)
    consents(asha, granted=False)
    run_jobs()
    assert people_of(segment) == set()
    assert told("segment.left", segment) == [asha.pk]


def test_behaviour_lets_in_as_soon_as_the_log_is_read(made, run_jobs):
    asha = ContactFactory()
    segment = made({"did": "email.opened", "at_least": 2})
    record("email.opened", contact=asha)
    record("email.opened", contact=asha, verdict="scanner")
    run_jobs()
    assert people_of(segment) == set()
    record("email.opened", contact=asha, verdict="human")
    run_jobs()
    assert people_of(segment) == {asha.pk}


def test_a_change_of_the_account_counts_for_its_people(made, run_jobs):
    account = AccountFactory()
    asha = ContactFactory(account=account)
    segment = made({"test": "industry", "op": "is", "value": "Wind"})
    Account.objects.filter(pk=account.pk).update(industry="Wind")
    run_jobs()
    assert people_of(segment) == {asha.pk}


def test_a_contact_in_the_bin_leaves(made, run_jobs):
    asha = ContactFactory(country="IN")
    segment = made(INDIA)
    Contact.objects.filter(pk=asha.pk).update(deleted_at=timezone.now())
    run_jobs()
    assert people_of(segment) == set()


def test_a_segment_of_a_segment_follows_by_membership(made, run_jobs):
    asha = ContactFactory(country="IN", city="Pune")
    inner = made(INDIA, "India")
    outer = made(
        {"all": [{"test": "segment", "op": "is", "value": inner.pk}, {"test": "city", "op": "is", "value": "Pune"}]}
    )
    assert people_of(outer) == {asha.pk}
    ben = ContactFactory(country="IN", city="Pune")
    Contact.objects.filter(pk=asha.pk).update(country="FR")
    run_jobs()
    assert people_of(outer) == {ben.pk}


def test_segments_may_not_refer_to_each_other_in_a_circle(made, marketer):
    inner = made(INDIA, "Inner")
    outer = made({"test": "segment", "op": "is", "value": inner.pk}, "Outer")
    with pytest.raises(Invalid, match="by way of “Outer”"):
        change_segment(inner, rule={"not": {"test": "segment", "op": "is", "value": outer.pk}}, by=marketer)
    with pytest.raises(Invalid, match="by way of itself"):
        change_segment(inner, rule={"test": "segment", "op": "is", "value": inner.pk}, by=marketer)
    with pytest.raises(NotAllowed, match="“Outer” refers"):
        delete_segment(inner, by=marketer)


def test_a_wrong_rule_makes_no_segment(marketer):
    with pytest.raises(RuleInvalid):
        create_segment(name="Everybody", rule={"all": []}, by=marketer)
    assert not Segment.objects.exists()


def test_a_rule_that_became_unusable_leaves_the_members_and_says_why(made):
    asha = ContactFactory(country="IN")
    segment = made(INDIA)
    Segment.objects.filter(pk=segment.pk).update(rule={"test": "gone", "op": "is", "value": 1})
    refresh(segment.pk, timezone.now())
    segment.refresh_from_db()
    assert (segment.status, people_of(segment)) == ("problem", {asha.pk})
    assert segment.problem == "rule: There is no attribute “gone” to test."


def test_a_changed_rule_is_applied_and_told(made, marketer, run_jobs):
    asha, ben = ContactFactory(country="IN"), ContactFactory(country="DE")
    segment = made(INDIA)
    change_segment(segment, name="Germany", rule={"test": "country", "op": "is", "value": "DE"}, by=marketer)
    run_jobs()
    assert people_of(segment) == {ben.pk}
    assert (told("segment.entered", segment), told("segment.left", segment)) == ([ben.pk], [asha.pk])


def test_a_refresh_twice_is_a_refresh_once(made):
    ContactFactory(country="IN")
    segment = made(INDIA)
    for _ in range(2):
        change = refresh(segment.pk, timezone.now())
        assert (change.entered, change.left) == (0, 0)


def test_a_full_reconcile_finds_nothing_that_the_quick_way_missed(made, run_jobs):
    people = [ContactFactory(country=country, city=city) for country in ("IN", "DE") for city in ("Pune", "Bonn", "")]
    rules = [
        STORY,
        INDIA,
        {"not": {"test": "city", "op": "is", "value": "Pune"}},
        {"any": [{"did": "email.opened", "at_least": 2}, {"did": "email.clicked"}]},
    ]
    segments = [made(rule, f"S{i}") for i, rule in enumerate(rules)]
    for i, person in enumerate(people):
        person.refresh_from_db()
        consents(person, granted=i % 3 != 0)
        record("email.opened", contact=person)
        if i % 2:
            record("email.opened", contact=person)
        Contact.objects.filter(pk=person.pk).update(city=["Pune", "Bonn"][i % 2])
        if i % 4 == 0:
            run_jobs()
    run_jobs()
    before = {segment.pk: people_of(segment) for segment in segments}
    reconcile(timezone.now())
    assert {segment.pk: people_of(segment) for segment in segments} == before
    assert all(before.values())


def test_a_list_is_filled_by_hand_and_tells(marketer):
    asha, ben = ContactFactory(), ContactFactory()
    kept = create_segment(name="Speakers", kind="static", by=marketer)
    assert add_members(kept, [asha.pk, ben.pk], by=marketer) == 2
    assert add_members(kept, [asha.pk], by=marketer) == 0
    assert remove_members(kept, [ben.pk], by=marketer) == 1
    kept.refresh_from_db()
    assert (people_of(kept), kept.member_count) == ({asha.pk}, 1)
    assert (told("segment.entered", kept), told("segment.left", kept)) == (sorted([asha.pk, ben.pk]), [ben.pk])
    with pytest.raises(NotAllowed):
        ask_for_refresh(kept, by=marketer)


def test_a_copy_keeps_who_was_in(made, marketer, run_jobs):
    asha = ContactFactory(country="IN")
    copy = copy_as_list(made(INDIA), name="India in November", by=marketer)
    Contact.objects.filter(pk=asha.pk).update(country="FR")
    run_jobs()
    assert (people_of(copy), copy.member_count, told("segment.entered", copy)) == ({asha.pk}, 1, [])


def test_why_tells_each_part_for_one_person(made):
    asha = ContactFactory(country="IN")
    answer = why(made(STORY), asha, timezone.now())
    assert (answer.fits, [part.holds for part in answer.reason.inner]) == (False, [True, False])


def test_who_sees_only_a_team_gets_a_segment_of_the_team(manager, team, run_jobs):
    from crm.models import Role, RoleGrant

    role = Role.objects.create(name="Local marketer", key="local")
    for resource in ("crm.contact", "marketing.segment"):
        for verb in ("view", "add", "change"):
            RoleGrant.objects.create(role=role, resource=resource, verb=verb, depth=2)
    local = UserFactory(team=team)
    local.roles.add(role)
    ours = ContactFactory(country="IN", owner=manager)
    ContactFactory(country="IN")
    segment = create_segment(name="Ours", rule=INDIA, by=local)
    run_jobs()
    assert people_of(segment) == {ours.pk}


def test_a_rep_makes_no_segments(rep):
    with pytest.raises(Forbidden):
        create_segment(name="Mine", rule=INDIA, by=rep)
