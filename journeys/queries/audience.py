"""Before publishing: who will come in now, and whom the first messages would reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from crm.delivery.eligibility import Audience, preview
from crm.delivery.purposes import rules
from crm.models import Contact
from journeys import ends, entries, graph, planned
from journeys.doors import AGAIN, PERIODS, Door
from journeys.entering import keeping_out
from journeys.models import Journey
from journeys.steps.sending import contents_of
from journeys.weekdays import WEEKDAYS
from marketing.models import SegmentMember

MESSAGES_SHOWN = 4


@dataclass(frozen=True)
class Sending:
    """One step that sends, and whom it would reach if all went there today."""

    name: str
    icon: str
    audience: Audience | None


@dataclass(frozen=True)
class Outlook:
    """`now` come in at once; `known` have been in before and do not come again, `kept_out` are in a segment left out.

    `limits` are the rules of the door in words; `later` says who comes in afterwards, "" where nobody does.
    """

    way_in: str
    again: str
    now: int
    known: int
    kept_out: int
    later: str
    limits: list[str]
    sendings: list[Sending]
    steps: int


def before_publishing(journey: Journey, now: datetime | None = None) -> Outlook:
    """Only for a draft without problems."""
    now = now or timezone.now()
    parsed = graph.parse(journey.draft)
    params, door = parsed.entry["params"], Door.of(parsed.entry["params"])
    everybody = _at_once(parsed.entry)
    left_out = SegmentMember.objects.filter(segment__in=door.without).values("contact")
    allowed = everybody.exclude(pk__in=left_out) if door.without else everybody
    before = keeping_out(journey, door, now).values("contact")
    members = allowed if door.again == "always" else allowed.exclude(pk__in=before)
    coming, letting = members.count(), allowed.count()
    return Outlook(
        way_in=entries.in_words(parsed.entry),
        again=_again_in_words(door),
        now=coming,
        known=letting - coming,
        kept_out=everybody.count() - letting if door.without else 0,
        later=_later(parsed.entry["kind"], params, now),
        limits=list(_limits(door, parsed, coming)),
        sendings=_sendings(parsed, members),
        steps=len(parsed.nodes),
    )


def _at_once(entry: dict[str, Any]) -> QuerySet[Contact]:
    params = entry["params"]
    if entry["kind"] != "segment" or params.get("mode") == "repeat":
        return Contact.objects.none()
    inside = SegmentMember.objects.filter(segment__in=entries.segments_of(params))
    return Contact.objects.alive().filter(pk__in=inside.values("contact"))


def _again_in_words(door: Door) -> str:
    if door.again == "after_days":
        return f"{door.days} {'day' if door.days == 1 else 'days'} after they have left"
    return dict(AGAIN)[door.again]


def _later(kind: str, params: dict[str, Any], now: datetime) -> str:
    match kind, params.get("mode", "later"):
        case "segment", "once":
            return ""
        case "segment", "repeat":
            start = Door.of(params).starts_at
            first = planned.next_run(params, max(now, start) if start else now)
            return f"The first time on {timezone.localtime(first):%-d %b %Y, %H:%M}; the same people as the rule above allows."
        case "by_hand", _:
            return "Nobody comes in by itself: you add them, or another program does."
        case "date", _:
            return "Each comes in on their day, at the hour you chose."
    return "Whoever fits later comes in within seconds."


def _limits(door: Door, parsed: graph.Graph, coming: int) -> Iterator[str]:
    if door.rate:
        last = f"; the last of these {coming:,} after {_span(coming * door.gap)}" if coming > door.rate else ""
        yield f"At most {door.rate:,} people {dict(PERIODS)[door.per]} come in, one after the other{last}."
    if door.weekdays:
        yield f"Only on {', '.join(dict(WEEKDAYS)[day] for day in door.weekdays)}."
    if door.opens or door.closes:
        opens, closes = door.opens or time.min, f"{door.closes:%H:%M}" if door.closes else "midnight"
        yield f"Only from {opens:%H:%M} until {closes}, where our company is."
    if door.starts_at:
        yield f"Nobody before {timezone.localtime(door.starts_at):%-d %b %Y, %H:%M}."
    if door.ends_at:
        yield f"Nobody after {timezone.localtime(door.ends_at):%-d %b %Y, %H:%M}; who is inside goes on."
    if parsed.goal:
        yield f"Goal: {ends.goal_in_words(parsed.goal)}."
    if any(parsed.exits.values()):
        yield "Who reaches one of its exits leaves early, with the reason in their diary."


def _span(seconds: float) -> str:
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.0f} hours" if seconds < 172_800 else f"{seconds / 86400:.0f} days"


def _sendings(parsed: graph.Graph, members: QuerySet[Contact]) -> list[Sending]:
    """The steps that send; for the first few whom they would reach, where it is known who comes in."""
    found: list[Sending] = []
    known_rules, knows_who = rules(), parsed.entry["kind"] == "segment"
    for node in parsed.nodes.values():
        sending = contents_of(node.kind, node.params)
        if sending:
            channel, content = sending
            audience = None
            if knows_who and len(found) < MESSAGES_SHOWN:
                audience = preview(
                    members, channel=channel, purpose=content.purpose, topic=content.topic_id, known=known_rules
                )
            found.append(Sending(node.name, node.step.icon, audience))
    return found
