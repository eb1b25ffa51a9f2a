"""The messages of a send: one INSERT … SELECT, each with its own moment and its own variant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Case, DateTimeField, OuterRef, QuerySet, Subquery, Value, When

from crm.delivery import eligibility, timing
from crm.delivery.queueing import queue_for
from crm.models import Contact
from crm.sql import typed
from marketing.models import Engagement, Send


def queue(send: Send, people: QuerySet[Contact], start: datetime, **parts: Any) -> int:
    """The messages of a send for these people, each at its time; answers how many are new. `parts` are what variants change."""
    content = send.content
    base = parts.pop("base", None) or _base(send, people, start)
    if send.timing == Send.Timing.USUAL:
        hours = Engagement.objects.filter(contact=OuterRef("pk")).values("usual_hour")
        people = people.annotate(of_usual_hour=Subquery(hours))
    due_at: Any = base
    if send.rate_per_hour:
        reason = eligibility.reason_for_contact(send.channel, send.purpose, send.topic_id, start)
        people = people.annotate(why_left_out=reason)
        left_out = Case(When(why_left_out="", then=Value(0)), default=Value(1))
        due_at = timing.smoothed(base, send.rate_per_hour, left_out)
    asked: dict[str, Any] = {
        "content": (send.content_type, content.pk, send.content_version),
        "sender": send.sender_id,
        **parts,
    }
    return queue_for(
        people,
        send_key=send.send_key,
        channel=send.channel,
        purpose=send.purpose,
        topic=send.topic_id,
        campaign=send.campaign_id,
        due_at=due_at,
        expires_at=send.expires_at,
        **asked,
    )


def _base(send: Send, people: QuerySet[Contact], start: datetime) -> Any:
    if send.timing == Send.Timing.LOCAL and send.wall_clock:
        return timing.when_local(timing.places_of(people), send.wall_clock.replace(tzinfo=None), start)
    if send.timing == Send.Timing.USUAL:
        return timing.when_usual("of_usual_hour", start)
    return typed(start, DateTimeField())
