"""Who is in a segment, changed by set difference: two statements say who enters and who leaves, whatever the size."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from crm.log import quiet
from crm.log.recording import record_each
from crm.models import Contact, Team
from crm.rules.columns import about_few, among
from crm.rules.tree import Rule, attributes_in, is_local, kinds_in, nodes
from crm.rules.tree import Test as Tested
from crm.rules.use import RuleInvalid, contacts, parse, to_q
from crm.sql import insert_select, typed
from marketing.models import Hush, Segment, SegmentChoice, SegmentMember, SegmentSize

READER = "marketing.segments.touched"
"""The reader of the touched contacts that keeps segments up to date; also its name on the hook."""
SEGMENT = "segment"
"""The name of the attribute by which a rule asks for another segment."""
SOON = timedelta(seconds=3)
AT_ONCE = 25
"""So many segments are asked about a few people by one statement."""


@dataclass(frozen=True)
class Change:
    """How many came in and went out."""

    entered: int = 0
    left: int = 0


def found_by(segment: Segment, rule: Rule, now: datetime, *, rolled: bool = False) -> QuerySet[Contact]:
    """Who should be in the segment: by its rule or by hand, within its scope, and not kept out by hand.

    `rolled` as in crm.rules.compile.to_q.
    """
    return contacts().filter(_question(segment, rule, now, _ways([segment.pk])[segment.pk], rolled=rolled))


def _ways(segments: Collection[int]) -> dict[int, set[bool]]:
    """By segment: were some put in by hand (True), some kept out (False)?"""
    ways: dict[int, set[bool]] = {pk: set() for pk in segments}
    rows = SegmentChoice.objects.filter(segment__in=segments).order_by().values_list("segment", "is_included")
    for segment, is_included in rows.distinct():
        ways[segment].add(is_included)
    return ways


def _question(segment: Segment, rule: Rule, now: datetime, ways: set[bool], *, rolled: bool = False) -> Q:
    chosen = SegmentChoice.objects.filter(segment=segment)
    question = to_q(rule, now, rolled=rolled)
    if True in ways:
        question |= among("pk", chosen.filter(is_included=True), "contact_id")
    if False in ways:
        question &= ~among("pk", chosen.filter(is_included=False), "contact_id")
    return question & _within(segment.team_id) if segment.team_id is not None else question


def _within(team: int) -> Q:
    """The contacts of a team and of the teams below it."""
    parents = dict(Team.objects.values_list("pk", "parent_id"))
    teams = {team}
    while more := {pk for pk, parent in parents.items() if parent in teams} - teams:
        teams |= more
    return Q(owner__team__in=teams) | Q(owner=None, team__in=teams)


@transaction.atomic
def refresh(segment: int, now: datetime, *, only: Collection[int] | None = None, by_hand: bool = False) -> Change:
    """Bring the members up to date, all of them or `only` these contacts. The first build tells nobody.

    Who enters in a quiet block (an import) starts no journey by it; a full refresh knows whom that concerns. A rule that cannot be used any more leaves the members as they are and says why on the segment.
    A snapshot looks at a few only where they were chosen `by_hand`.
    """
    locked = _locked(segment)
    if (
        locked is None
        or not locked.has_rule
        or (locked.kind == Segment.Kind.SNAPSHOT and only is not None and not by_hand)
    ):
        return Change()
    began = time.monotonic()
    try:
        rule = parse(locked.rule)
    except RuleInvalid as problem:
        Segment.objects.filter(pk=segment).update(
            status=Segment.Status.PROBLEM, problem=problem.message, refresh_due_at=None
        )
        return Change()
    with nullcontext() if only is None else about_few():
        found = found_by(locked, rule, now, rolled=only is None)
    change = _apply(locked, found, now, only)
    _note(locked, change, now, took=time.monotonic() - began if only is None else None)
    return change


def _locked(segment: int) -> Segment | None:
    rows = Segment.objects.filter(pk=segment, deleted_at=None)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    return rows.first()


def _apply(segment: Segment, found: QuerySet[Contact], now: datetime, only: Collection[int] | None) -> Change:
    run = segment.runs + 1
    members = SegmentMember.objects.filter(segment=segment)
    if only is not None:
        found, members = found.filter(pk__among=only), members.filter(contact__among=only)
    left = members.filter(~among("contact_id", found, "pk")).update(left_in=run)
    entered = _enter(segment, found, now, run)
    if segment.built_at is not None:
        tell: dict[str, Any] = {"source": ("marketing.segment", segment.pk), "now": now, "segment": segment.name}
        if entered:
            _tell_who_entered(segment, members.filter(entered_in=run), tell, is_full=only is None)
        if left:
            record_each("segment.left", members.filter(left_in=run).values("contact_id"), **tell)
    if only is None:
        Hush.objects.filter(segment=segment).delete()
    if left:
        members.filter(left_in=run).delete()
    return Change(entered, left)


def _tell_who_entered(segment: Segment, new: QuerySet[SegmentMember], tell: dict[str, Any], *, is_full: bool) -> None:
    """A full refresh may find people before the reader has heard that an import brought them."""
    if not is_full:
        record_each("segment.entered", new.values("contact_id"), **tell)
        return
    hushed = Hush.objects.filter(segment=segment).values("contact_id")
    unread = quiet.unread_quietly(READER).values("contact_id")
    is_hushed = Q(contact__in=hushed) | Q(contact__in=unread)
    record_each("segment.entered", new.exclude(is_hushed).values("contact_id"), **tell)
    with quiet.quietly("import"):
        record_each("segment.entered", new.filter(is_hushed).values("contact_id"), **tell)


def _enter(segment: Segment, found: QuerySet[Contact], now: datetime, run: int) -> int:
    fields = {field.attname: field for field in SegmentMember._meta.concrete_fields}
    members = SegmentMember.objects.filter(segment=segment)
    new = found.filter(~among("pk", members, "contact_id")).annotate(
        _segment=typed(segment.pk, Segment._meta.pk),
        _at=typed(now, fields["entered_at"]),
        _run=typed(run, fields["entered_in"]),
    )
    columns = ["segment_id", "contact_id", "entered_at", "entered_in"]
    return insert_select(SegmentMember, columns, new.order_by().values_list("_segment", "pk", "_at", "_run"))


def _note(segment: Segment, change: Change, now: datetime, *, took: float | None) -> None:
    """`took` is the seconds of a whole refresh; None where only some were looked at."""
    rows = Segment.objects.filter(pk=segment.pk)
    if took is not None:
        count = SegmentMember.objects.filter(segment=segment).count()
        rows.update(
            runs=F("runs") + 1,
            member_count=count,
            refreshed_at=now,
            built_at=segment.built_at or now,
            refresh_due_at=None,
            status=Segment.Status.READY,
            problem="",
            clock_at=now,
            took=took,
        )
        _note_size(segment, count, change, now)
        if segment.built_at is None and change.entered:
            _ask_for(_referring_to(segment.pk), now)
    elif change.entered or change.left:
        count = segment.member_count + change.entered - change.left  # the row is ours until we commit
        rows.update(runs=F("runs") + 1, member_count=count, refreshed_at=now)
        _note_size(segment, count, change, now)


def _note_size(segment: Segment, count: int, change: Change, now: datetime) -> None:
    hour = now.replace(minute=0, second=0, microsecond=0)
    first = {"members": count, "entered": change.entered, "left": change.left}
    known, is_new = SegmentSize.objects.get_or_create(segment=segment, hour=hour, defaults=first)
    if not is_new:
        known.members, known.entered, known.left = count, known.entered + change.entered, known.left + change.left
        known.save()


def _ask_for(segments: Sequence[Segment], now: datetime) -> None:
    Segment.objects.filter(pk__in=[one.pk for one in segments], refresh_due_at=None).update(refresh_due_at=now + SOON)


# Which segments a change concerns


def dynamic() -> list[tuple[Segment, Rule]]:
    """The segments that keep themselves up to date, with their rules; those referred to come first."""
    rules: dict[int, tuple[Segment, Rule]] = {}
    for segment in Segment.objects.alive().filter(kind=Segment.Kind.DYNAMIC).order_by("pk"):
        try:
            rules[segment.pk] = (segment, parse(segment.rule))
        except RuleInvalid as problem:
            if segment.status != Segment.Status.PROBLEM:
                Segment.objects.filter(pk=segment.pk).update(status=Segment.Status.PROBLEM, problem=problem.message)
    ordered: list[tuple[Segment, Rule]] = []
    done: set[int] = set()

    def visit(pk: int) -> None:
        if pk in done or pk not in rules:
            return
        done.add(pk)
        for other in segments_in(rules[pk][1]):
            visit(other)
        ordered.append(rules[pk])

    for pk in rules:
        visit(pk)
    return ordered


def segments_in(rule: Rule) -> set[int]:
    """The segments that a rule refers to."""
    found: set[int] = set()
    for node in nodes(rule):
        if isinstance(node, Tested) and node.attribute == SEGMENT:
            found.update(node.value if isinstance(node.value, tuple) else {node.value})
    return found - {None}


def _referring_to(segment: int) -> list[Segment]:
    return [other for other, rule in dynamic() if segment in segments_in(rule)]


def look_again(contacts: Collection[int], now: datetime, *, kinds: set[str] | None = None) -> None:
    """These contacts changed, or did something of these kinds: look at them again wherever it matters."""
    every = dynamic()
    concerned = [(segment, rule) for segment, rule in every if kinds is None or _concerns(rule, kinds)]
    local = [(segment, rule) for segment, rule in concerned if is_local(rule)]
    for start in range(0, len(local), AT_ONCE):
        for pk, people in _differing(local[start : start + AT_ONCE], contacts, now):
            refresh(pk, now, only=people)
    for segment, rule in concerned:
        if not is_local(rule):
            _hush(segment, contacts)
            _ask_for([segment], now)


def _concerns(rule: Rule, kinds: set[str]) -> bool:
    if kinds & {"segment.entered", "segment.left"} and SEGMENT in attributes_in(rule):
        return True
    return bool(kinds & kinds_in(rule))


@transaction.atomic
def _differing(
    segments: Sequence[tuple[Segment, Rule]], people: Collection[int], now: datetime
) -> list[tuple[int, list[int]]]:
    """Of these segments those in which some of these people are and should not be, or should be and are not; and who.

    One question for all of them. They are held meanwhile: a whole refresh that runs is waited for, not overlooked.
    """
    hold = Segment.objects.filter(pk__in=[segment.pk for segment, _ in segments], built_at__isnull=False).order_by("pk")
    if connection.features.has_select_for_update:
        hold = hold.select_for_update()
    held = set(hold.values_list("pk", flat=True))
    asked = [(segment, rule) for segment, rule in segments if segment.pk in held]
    ways = _ways(held)
    yes, no = Value(True, BooleanField()), Value(False, BooleanField())
    with about_few():
        answers = {
            f"in_{segment.pk}": Case(When(_question(segment, rule, now, ways[segment.pk]), then=yes), default=no)
            for segment, rule in asked
        }
    are = {
        f"was_in_{segment.pk}": Exists(SegmentMember.objects.filter(segment=segment.pk, contact=OuterRef("pk")))
        for segment, _ in asked
    }
    differing: dict[int, set[int]] = {segment.pk: set() for segment, _ in asked}
    seen: set[int] = set()
    rows = contacts().filter(pk__among=people).order_by().annotate(**answers, **are)
    for pk, *told in rows.values_list("pk", *answers, *are):
        seen.add(pk)
        for (segment, _), should, is_in in zip(asked, told[: len(asked)], told[len(asked) :], strict=True):
            if should != is_in:
                differing[segment.pk].add(pk)
    if gone := set(people) - seen:  # in the bin, or no longer active: they belong nowhere
        members = SegmentMember.objects.filter(segment__in=list(differing), contact__among=gone)
        for segment_id, contact in members.values_list("segment", "contact"):
            differing[segment_id].add(contact)
    return [(pk, sorted(some)) for pk, some in differing.items() if some]


def _hush(segment: Segment, contacts: Collection[int]) -> None:
    """A ranking is refreshed as a whole, later: keep until then who comes quietly. Who does something is loud again."""
    cause = quiet.mark().get(quiet.MARK)
    if cause is None:
        Hush.objects.filter(segment=segment, contact_id__in=contacts).delete()
        return
    rows = [Hush(segment=segment, contact_id=pk, cause=cause) for pk in contacts]
    Hush.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
