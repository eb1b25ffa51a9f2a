"""Segments: built, kept up to date within a round of jobs, explained, and never in a circle."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.actions.privacy import clear_old_data
from crm.errors import Forbidden, Invalid, NotAllowed
from crm.hooks import retention
from crm.log.recording import record
from crm.models import Account, Consent, Contact, ContactPoint, Interaction, Message, RetentionRule
from crm.rules.use import RuleInvalid, words
from marketing.actions import membership, segments
from marketing.actions.membership import refresh
from marketing.actions.segments import (
    add_members,
    ask_for_refresh,
    change_segment,
    choose_people,
    copy_as_list,
    create_segment,
    delete_segment,
    effect_of,
    reconcile,
    remove_members,
)
from marketing.models import Engagement, Segment
from marketing.queries.segments import why
from marketing.uses import uses_of
from sales.models import Lead
from tests.factories.crm import AccountFactory, ContactFactory, UserFactory
from tests.factories.deals import LeadFactory
from tests.factories.journeys import JourneyFactory

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
    with pytest.raises(NotAllowed, match="The segment “Outer” uses this segment"):
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


def test_why_tells_each_part_for_one_person(made, marketer):
    asha = ContactFactory(country="IN")
    answer = why(made(STORY), asha, timezone.now(), reader=marketer)
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


def test_a_person_is_put_in_or_kept_out_by_hand_through_every_refresh_and_out_beats_in(made, marketer, run_jobs):
    asha, ben, cora = ContactFactory(country="IN"), ContactFactory(country="IN"), ContactFactory(country="FR")
    segment = made(INDIA)
    choose_people(segment, [cora.pk], is_included=True, by=marketer)
    choose_people(segment, [ben.pk], is_included=False, by=marketer)
    assert people_of(segment) == {asha.pk, cora.pk}
    assert told("segment.entered", segment) == [cora.pk]
    assert told("segment.left", segment) == [ben.pk]
    refresh(segment.pk, timezone.now())
    Contact.objects.filter(pk=ben.pk).update(city="Pune")
    run_jobs()
    assert people_of(segment) == {asha.pk, cora.pk}
    choose_people(segment, [cora.pk], is_included=False, by=marketer)
    choose_people(segment, [ben.pk], is_included=None, by=marketer)
    assert people_of(segment) == {asha.pk, ben.pk}


def test_who_is_kept_off_a_list_is_not_put_on_it_by_anybody_else(marketer):
    asha, ben = ContactFactory(), ContactFactory()
    segment = create_segment(name="List", kind="static", by=marketer)
    choose_people(segment, [asha.pk], is_included=False, by=marketer)
    add_members(segment, [asha.pk, ben.pk], by=None)
    assert people_of(segment) == {ben.pk}


def test_a_snapshot_is_taken_once_and_stays_until_it_is_taken_anew(made, marketer, run_jobs):
    asha = ContactFactory(country="IN")
    segment = made(INDIA, kind="snapshot")
    ben = ContactFactory(country="IN")
    run_jobs()
    assert people_of(segment) == {asha.pk}
    ask_for_refresh(segment, by=marketer)
    run_jobs()
    assert people_of(segment) == {asha.pk, ben.pk}


def test_what_falls_due_by_the_clock_is_seen_without_looking_at_everybody_else(made, run_jobs, monkeypatch):
    now = timezone.now()
    asha, ben, late = ContactFactory(), ContactFactory(), ContactFactory()
    record("email.opened", contact=asha, occurred_at=now - timedelta(days=29, hours=23))
    record("email.opened", contact=ben, occurred_at=now)
    segment = made({"did": "email.opened", "within_days": 30})
    waiting = made({"did": "email.opened", "before_days": 30}, "Long ago")
    assert people_of(segment) == {asha.pk, ben.pk}
    looked_at = []
    whole = membership.refresh
    monkeypatch.setattr(
        segments, "refresh", lambda *a, only=None, **k: (looked_at.append(only), whole(*a, only=only, **k))[1]
    )
    segments.refresh_moving(now + timedelta(hours=2))
    assert people_of(segment) == {ben.pk}
    assert people_of(waiting) == {asha.pk}
    assert late.pk not in set().union(*map(set, looked_at))


def test_an_imported_lead_counts_for_a_rule_about_what_somebody_has(made, run_jobs):
    lead = LeadFactory(rating="hot", contact=ContactFactory())
    cold = LeadFactory(rating="cold", contact=ContactFactory())
    segment = made({"has": "sales.lead", "where": {"test": "rating", "op": "is", "value": "hot"}})
    none = made({"has": "sales.lead", "at_most": 0}, "No lead")
    assert people_of(segment) == {lead.contact_id}
    alone = ContactFactory()
    Lead.objects.filter(pk=cold.pk).update(rating="hot")
    run_jobs()
    assert people_of(segment) == {lead.contact_id, cold.contact_id}
    assert people_of(none) == {alone.pk}
    assert words(segment.rule) == "has a lead with: Rating is Hot"


def test_the_last_email_is_another_one_after_the_next_send(made, run_jobs):
    asha = ContactFactory()
    segment = made({"did": "email.opened", "source": "last"})
    assert people_of(segment) == set()
    first = commercial(asha, "1")
    record("email.sent", contact=asha, message=first)
    record("email.opened", contact=asha, message=first, verdict="human")
    run_jobs()
    assert people_of(segment) == {asha.pk}
    record("email.sent", contact=asha, message=commercial(asha, "2"))
    run_jobs()
    assert people_of(segment) == set()
    refresh(segment.pk, timezone.now())
    assert people_of(segment) == set()


def commercial(contact, key):
    now = timezone.now()
    return Message.objects.create(
        key=key, send_key=key, channel="email", purpose="commercial", contact=contact, address=contact.email,
        content_type="marketing.email", content_id=1, status="sent", due_at=now, sent_at=now,
    )  # fmt: skip


def test_nobody_deletes_a_segment_that_is_in_use(made, marketer):
    segment = made(INDIA)
    made({"any": [{"test": "segment", "op": "is", "value": segment.pk}]}, "Outer")
    journey = JourneyFactory(draft=graph_from(segment.pk))
    assert [use.label for use in uses_of([segment.pk])[segment.pk]] == [
        "The segment “Outer”",
        f"The journey “{journey}”",
    ]
    with pytest.raises(NotAllowed, match="The segment “Outer” and 1 more uses this segment"):
        delete_segment(segment, by=marketer)


def graph_from(segment):
    return {
        "schema": 1,
        "entry": {"kind": "segment", "params": {"segment": segment}},
        "goal": None,
        "nodes": {},
        "edges": [],
    }


def test_another_rule_tells_who_would_enter_and_leave_and_its_size_is_kept_by_the_hour(made):
    ContactFactory(country="IN")
    ContactFactory(country="FR")
    ContactFactory(country="FR")
    segment = made(INDIA)
    effect = effect_of(segment, {"test": "country", "op": "is", "value": "FR"}, timezone.now())
    assert (effect.enter, effect.leave) == (2, 1)
    size = segment.sizes.get()
    assert (size.members, size.entered, size.left) == (1, 1, 0)


def test_what_the_log_has_let_go_is_gone_from_the_roll_up_too(made, run_jobs):
    asha = ContactFactory()
    record("email.opened", contact=asha, verdict="human", occurred_at=timezone.now() - timedelta(days=2000))
    segment = made({"did": "email.opened"})
    run_jobs()
    assert Engagement.objects.filter(contact=asha).exists()
    assert people_of(segment) == {asha.pk}
    keeping = next(one for one in retention.all_keepings() if one.old(timezone.now()).model is Interaction)
    RetentionRule.objects.update_or_create(name=keeping.name, defaults={"days": 365})
    clear_old_data(timezone.now())
    run_jobs()
    assert not Engagement.objects.filter(contact=asha).exists()
    assert people_of(segment) == set()
    refresh(segment.pk, timezone.now())
    assert people_of(segment) == set()
