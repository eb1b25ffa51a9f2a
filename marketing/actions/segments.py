"""What people do with segments."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from crm import jobs
from crm.access.depths import Depth, depth_of
from crm.access.see import must_be_able_to, must_be_able_to_add
from crm.actions.bin import delete_record
from crm.errors import Forbidden, Invalid, NotAllowed
from crm.log.recording import record_each
from crm.models import Contact, Team, User
from crm.rules.clock import flipped
from crm.rules.columns import among
from crm.rules.tree import Rule, is_local
from crm.rules.use import moves_with_time, parse
from crm.sql import insert_select, typed
from marketing.actions.membership import dynamic, found_by, refresh, segments_in
from marketing.models import Segment, SegmentChoice, SegmentMember
from marketing.uses import Use, uses_of

REFRESH = "marketing.tasks.refresh_segment"
MOVES_EVERY = timedelta(seconds=10)
PATIENCE = 20
"""A look at the clock that takes a second is not repeated for twenty."""
MOST_AT_ONCE = 50_000
DYNAMIC, SNAPSHOT, STATIC = Segment.Kind.DYNAMIC, Segment.Kind.SNAPSHOT, Segment.Kind.STATIC


@transaction.atomic
def create_segment(*, name: str, by: User, kind: str = DYNAMIC, rule: Any = None, description: str = "") -> Segment:
    """A segment over the contacts that its maker may see: the whole company, or their team. It builds itself at once.

    Raises RuleInvalid, Invalid and Forbidden.
    """
    must_be_able_to_add(by, Segment)
    if kind != STATIC:
        _must_be_usable(rule, None)
    segment = Segment.objects.create(
        name=name,
        kind=kind,
        rule=rule if kind != STATIC else None,
        description=description,
        team=_scope_of(by),
        owner=by,
        created_by=by,
        built_at=timezone.now() if kind == STATIC else None,
        status=Segment.Status.READY if kind == STATIC else Segment.Status.BUILDING,
    )
    if kind != STATIC:
        refresh_soon(segment)
    return segment


@transaction.atomic
def change_segment(segment: Segment, *, by: User, is_confirmed: bool = False, **changes: Any) -> Segment:
    """Change name, description or rule; a new rule is applied at once, and who enters or leaves by it is told.

    Raises NeedsConfirmation where something live uses the segment, and nobody said that its people shall change.
    """
    must_be_able_to(by, "change", segment)
    segment = Segment.objects.select_for_update().get(pk=segment.pk)
    rule = changes.get("rule", segment.rule)
    has_new_rule = segment.has_rule and rule != segment.rule
    if has_new_rule:
        _must_be_usable(rule, segment)
        if not is_confirmed:
            _must_concern_nobody(segment, rule)
        segment.rule = rule
    for name in ("name", "description"):
        setattr(segment, name, changes.get(name, getattr(segment, name)))
    segment.version += 1
    segment.save(update_fields=["name", "description", "rule", "version", "updated_at"])
    if has_new_rule:
        refresh_soon(segment)
    return segment


@transaction.atomic
def ask_for_refresh(segment: Segment, *, by: User) -> Segment:
    """Refresh the whole segment as soon as a worker is free; a snapshot is taken anew. A list has nothing to refresh: NotAllowed."""
    must_be_able_to(by, "change", segment)
    if segment.kind == STATIC:
        raise NotAllowed("A list is filled by hand; there is no rule to refresh it by.")
    refresh_soon(segment)
    return Segment.objects.get(pk=segment.pk)


@transaction.atomic
def delete_segment(segment: Segment, *, by: User) -> None:
    """Put into the bin. NotAllowed while a journey, a send, a score or another segment uses it."""
    must_be_able_to(by, "delete", segment)
    if used := uses_of([segment.pk]).get(segment.pk):
        more = f" and {len(used) - 1} more" if len(used) > 1 else ""
        raise NotAllowed(f"{used[0].label}{more} uses this segment. Let it use another one first.")
    delete_record(segment, by=by)


@transaction.atomic
def copy_as_list(segment: Segment, *, name: str, by: User) -> Segment:
    """Keep who is in it now, as a list that stays as it is."""
    copy = create_segment(name=name, kind=STATIC, by=by, description=f"Who was in “{segment}” when it was copied.")
    _put_in(copy, Contact.objects.filter(segment_memberships__segment=segment), timezone.now(), tell=False)
    return Segment.objects.get(pk=copy.pk)


@transaction.atomic
def keep_part(a: Segment, b: Segment, part: str, people: QuerySet[Contact], *, by: User) -> Segment:
    """Keep a part of two segments that were compared, as a list."""
    words = {"only_a": f"{a} without {b}", "both": f"{a} and {b}", "only_b": f"{b} without {a}"}[part]
    kept = create_segment(name=words[:200], kind=STATIC, by=by, description=f"Compared on {timezone.localdate()}.")
    _put_in(kept, people, timezone.now(), tell=False)
    return Segment.objects.get(pk=kept.pk)


@transaction.atomic
def add_members(segment: Segment, contacts: Collection[int], *, by: User | None) -> int:
    """Put contacts on a list; answers how many are new. `by` is None where a journey does it."""
    _must_be_a_list(segment)
    if by is not None:
        must_be_able_to(by, "change", segment)
    people = Contact.objects.alive().filter(pk__in=contacts)
    return _put_in(segment, people if by is None else people.visible_to(by), timezone.now(), tell=True)


@transaction.atomic
def remove_members(segment: Segment, contacts: Collection[int], *, by: User | None) -> int:
    """Take contacts off a list; answers how many were on it."""
    _must_be_a_list(segment)
    if by is not None:
        must_be_able_to(by, "change", segment)
    rows = SegmentMember.objects.filter(segment=segment, contact__in=contacts)
    source = ("marketing.segment", segment.pk)
    record_each("segment.left", rows.values("contact_id"), source=source, now=timezone.now(), segment=segment.name)
    gone = rows.delete()[0]
    Segment.objects.filter(pk=segment.pk).update(member_count=F("member_count") - gone, refreshed_at=timezone.now())
    return gone


@transaction.atomic
def choose_people(segment: Segment, contacts: Collection[int], *, is_included: bool | None, by: User) -> int:
    """Put people in by hand, keep them out by hand (`is_included` False), or let the rule decide again (None).

    It survives every refresh; kept out beats everything. Only contacts that `by` sees. Answers how many were concerned.
    """
    must_be_able_to(by, "change", segment)
    people = list(Contact.objects.visible_to(by).filter(pk__in=contacts).values_list("pk", flat=True))
    segment = Segment.objects.select_for_update().get(pk=segment.pk)
    SegmentChoice.objects.filter(segment=segment, contact__in=people).delete()
    if is_included is not None and not (is_included and segment.kind == STATIC):
        SegmentChoice.objects.bulk_create(
            SegmentChoice(segment=segment, contact_id=pk, is_included=is_included, by=by) for pk in people
        )
    now = timezone.now()
    if segment.has_rule:
        refresh(segment.pk, now, only=people, by_hand=True)
    elif is_included:
        _put_in(segment, Contact.objects.filter(pk__in=people), now, tell=True)
    elif is_included is False:
        remove_members(segment, people, by=by)
    return len(people)


@dataclass(frozen=True)
class Effect:
    """How many would enter and leave a segment by another rule."""

    enter: int
    leave: int


def effect_of(segment: Segment, rule: Any, now: datetime) -> Effect:
    """Raises RuleInvalid."""
    found = found_by(segment, parse(rule), now, rolled=True)
    members = SegmentMember.objects.filter(segment=segment)
    enter = found.filter(~among("pk", members, "contact_id")).count()
    return Effect(enter, members.filter(~among("contact_id", found, "pk")).count())


class NeedsConfirmation(NotAllowed):
    """Another rule for a segment that something live uses; `effect` and `uses` say whom that concerns."""

    def __init__(self, effect: Effect, uses: list[Use]) -> None:
        self.effect, self.uses = effect, uses
        told = {
            "enter": effect.enter,
            "leave": effect.leave,
            "uses": [{"label": one.label, "url": one.url} for one in uses],
        }
        names = ", ".join(one.label for one in uses[:3]) + (f" and {len(uses) - 3} more" if len(uses) > 3 else "")
        super().__init__(
            f"{effect.enter:,} would enter and {effect.leave:,} would leave, and this segment is in use: {names}. "
            "Confirm that they shall.",
            field="rule",
            more=told,
        )


def live_uses_of(segment: Segment) -> list[Use]:
    """What acts now on who enters and leaves."""
    return [use for use in uses_of([segment.pk]).get(segment.pk, []) if use.is_live]


def _must_concern_nobody(segment: Segment, rule: Any) -> None:
    if segment.kind == DYNAMIC and (live := live_uses_of(segment)):
        raise NeedsConfirmation(effect_of(segment, rule, timezone.now()), live)


def _put_in(segment: Segment, people: Any, now: datetime, *, tell: bool) -> int:
    Segment.objects.filter(pk=segment.pk).update(runs=F("runs") + 1)
    run = Segment.objects.values_list("runs", flat=True).get(pk=segment.pk)
    fields = {field.attname: field for field in SegmentMember._meta.concrete_fields}
    kept_out = SegmentChoice.objects.filter(segment=segment, is_included=False)
    rows = (
        people.filter(~among("pk", kept_out, "contact_id"))
        .order_by()
        .annotate(
            _segment=typed(segment.pk, Segment._meta.pk),
            _at=typed(now, fields["entered_at"]),
            _run=typed(run, fields["entered_in"]),
        )
    )
    columns = ["segment_id", "contact_id", "entered_at", "entered_in"]
    new = insert_select(SegmentMember, columns, rows.values_list("_segment", "pk", "_at", "_run"))
    members = SegmentMember.objects.filter(segment=segment)
    if tell and new:
        entered = members.filter(entered_in=run).values("contact_id")
        source = ("marketing.segment", segment.pk)
        record_each("segment.entered", entered, source=source, now=now, segment=segment.name)
    Segment.objects.filter(pk=segment.pk).update(member_count=members.count(), refreshed_at=now)
    return new


def _must_be_a_list(segment: Segment) -> None:
    if segment.kind != STATIC:
        raise NotAllowed(f"“{segment}” chooses its people by a rule. Change the rule, or copy it as a list.")


def _must_be_usable(rule: Any, segment: Segment | None) -> None:
    """Raises RuleInvalid; Invalid where segments would refer to each other in a circle."""
    tree = parse(rule)
    if segment is None:
        return
    refers = {other.pk: segments_in(inner) for other, inner in dynamic()}
    refers[segment.pk] = segments_in(tree)
    names = dict(Segment.objects.values_list("pk", "name"))
    seen: set[int] = set()
    waiting = list(refers[segment.pk])
    while waiting:
        pk = waiting.pop()
        if pk == segment.pk:
            via = " and ".join(f"“{names[one]}”" for one in sorted(seen - {pk})) or "itself"
            raise Invalid(f"A segment cannot refer to itself; this one would, by way of {via}.", field="rule")
        if pk not in seen:
            seen.add(pk)
            waiting.extend(refers.get(pk, set()))


def _scope_of(user: User) -> Team | None:
    depth = depth_of(user, "crm.contact", "view")
    if depth == Depth.ALL:
        return None
    if user.team is None:
        raise Forbidden("Your role lets you see the contacts of your team, but you are in no team yet.")
    return user.team


def refresh_soon(segment: Segment) -> None:
    Segment.objects.filter(pk=segment.pk).update(refresh_due_at=timezone.now(), status=Segment.Status.BUILDING)
    jobs.nudge(REFRESH, segment.pk)


# What jobs do


def refresh_due(now: datetime) -> None:
    """What the sweep found: every segment whose full refresh is due."""
    for pk in Segment.objects.alive().filter(refresh_due_at__lte=now).values_list("pk", flat=True):
        refresh(pk, now)


def is_due(now: datetime) -> bool:
    return Segment.objects.alive().filter(refresh_due_at__lte=now).exists()


def refresh_moving(now: datetime) -> None:
    """Segments that the clock alone can change (“in the last 30 days”): who fell due since it was last looked, and nobody else."""
    waiting = Segment.objects.alive().filter(kind=DYNAMIC).exclude(clock_due_at__gt=now).values_list("pk", flat=True)
    due = set(waiting)
    for segment, rule in dynamic():
        if segment.pk in due and segment.built_at is not None and moves_with_time(rule):
            began = time.monotonic()
            _catch_up(segment, rule, now)
            pause = max(MOVES_EVERY, timedelta(seconds=PATIENCE * (time.monotonic() - began)))
            Segment.objects.filter(pk=segment.pk).update(clock_at=now, clock_due_at=now + pause)


def _catch_up(segment: Segment, rule: Rule, now: datetime) -> None:
    moved = flipped(rule, segment.clock_at or segment.built_at or now, now) if is_local(rule) else None
    people = list(Contact.objects.filter(moved).values_list("pk", flat=True)[: MOST_AT_ONCE + 1]) if moved else []
    if not is_local(rule) or len(people) > MOST_AT_ONCE:
        refresh(segment.pk, now)
        return
    for start in range(0, len(people), 5000):
        refresh(segment.pk, now, only=people[start : start + 5000])


def reconcile(now: datetime) -> None:
    """All of them, whole: a full refresh must find nothing that the quick one missed; what it found is kept and told."""
    for segment, _ in dynamic():
        change = refresh(segment.pk, now)
        Segment.objects.filter(pk=segment.pk).update(reconciled_at=now, differed=change.entered + change.left)
