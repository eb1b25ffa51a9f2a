"""Sending an email or a text to people of segments: asked for, begun when it is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from crm import jobs
from crm.access.see import must_be_able_to_add
from crm.delivery import eligibility
from crm.delivery.eligibility import Audience
from crm.errors import Invalid, NotAllowed
from marketing.actions import approvals, experiments
from marketing.actions.audiences import in_words, members_of, people_of
from marketing.actions.experiments import Plan
from marketing.actions.send_audiences import keep_audience
from marketing.actions.send_queue import queue
from marketing.models import Experiment, MarketingEmail, Segment, Send, TextMessage
from marketing.queries.wants import why_only_by_api

if TYPE_CHECKING:
    from crm.models import User

START = "marketing.tasks.start_sends"
EARLIEST = timedelta(hours=14)
"""The first clock on earth is so much ahead of UTC."""

__all__ = ["START", "Wanted", "audience_of", "has_due", "members_of", "people_of", "start_due", "start_send"]


@dataclass(frozen=True)
class Wanted:
    """When and how fast. `due_at` None is now; at the reader's own time it is the clock time that whoever asks sees."""

    due_at: datetime | None = None
    timing: str = Send.Timing.AT_ONCE
    rate_per_hour: int | None = None
    expires_at: datetime | None = None


def audience_of(
    content: MarketingEmail | TextMessage, *segments: Segment, excluded: Sequence[Segment] = ()
) -> Audience:
    """Who would get it now, and who would be left out and why."""
    channel = "email" if isinstance(content, MarketingEmail) else "sms"
    return eligibility.preview(
        members_of(*segments, excluded=excluded), channel=channel, purpose=content.purpose, topic=content.topic_id
    )


@transaction.atomic
def start_send(
    content: MarketingEmail | TextMessage,
    *,
    by: User,
    segment: Segment | None = None,
    segments: Sequence[Segment] = (),
    excluded: Sequence[Segment] = (),
    due_at: datetime | None = None,
    timing: str = Send.Timing.AT_ONCE,
    rate_per_hour: int | None = None,
    expires_at: datetime | None = None,
    experiment: Plan | None = None,
) -> Send:
    """Send it to everybody who is in one of the segments, and in none of the excluded ones, when it is due.

    Version, purpose, topic and sender are fixed now, the people then. Passes the audience the company's limit, now or then,
    somebody else must agree first.
    Raises NotAllowed where the email is not ready, Invalid where the time is long past or a segment is not there.
    """
    to = [*segments, *([segment] if segment and segment not in segments else [])]
    _must_be_ready(content, by)
    _must_see([*to, *excluded], by)
    if not to:
        raise Invalid("Choose who gets it: at least one segment.", field="segments")
    now = timezone.now()
    asked = Wanted(due_at, timing, rate_per_hour, expires_at)
    starts_at, wall_clock = _begins(asked, now)
    send = Send(
        email=content if isinstance(content, MarketingEmail) else None,
        text_message=content if isinstance(content, TextMessage) else None,
        content_version=content.ready_version,
        purpose=content.purpose,
        topic=content.topic,
        sender=content.sender,
        to_words=in_words(to, excluded),
        campaign=content.campaign,
        due_at=starts_at,
        timing=timing,
        wall_clock=wall_clock,
        rate_per_hour=rate_per_hour,
        expires_at=expires_at,
        owner=by,
        created_by=by,
    )
    limit = approvals.limit()
    if limit is not None:
        send.audience_count = audience_of(content, *to, excluded=excluded).will_get
    send.save()
    send.segments.set(to)
    send.excluded.set(excluded)
    if experiment:
        experiments.plan(send, experiment, by=by)
    if limit is not None and send.audience_count > limit:
        approvals.ask_for_approval(send, by=str(by))
    elif send.due_at <= now:
        jobs.nudge(START)
    return send


def start_due(now: datetime) -> int:
    """Make the messages of every send that is due; answers how many sends were started. Twice is once."""
    due = list(_due(now).values_list("pk", flat=True))
    return sum(_start(pk, now) for pk in due)


def has_due(now: datetime) -> bool:
    return _due(now).exists()


def _due(now: datetime) -> QuerySet[Send]:
    return Send.objects.filter(status=Send.Status.SCHEDULED, due_at__lte=now)


@transaction.atomic
def _start(pk: int, now: datetime) -> int:
    sends = Send.objects.select_related("email", "text_message")
    if connection.features.has_select_for_update_skip_locked:
        sends = sends.select_for_update(skip_locked=True, of=("self",))
    send = sends.filter(pk=pk, status=Send.Status.SCHEDULED).first()
    if send is None:
        return 0
    people = people_of(send)
    if approvals.must_be_agreed_to(send, people):
        approvals.ask_for_approval(send, by=str(send.created_by or "Tandem"))
        return 0
    started_at = max(now, send.due_at)
    experiment = Experiment.objects.filter(send=send).first()
    parts: dict[str, Any] = {}
    if experiment:
        people = experiments.sample_of(people, experiment)
        parts = experiments.parts_of(experiment)
    send.queued_count = queue(send, people, started_at, **parts)
    if experiment:
        experiments.begin(experiment, started_at)
    keep_audience(send, is_test=bool(experiment and experiment.holds_back))
    send.start(now)
    send.save()
    return 1


def _begins(asked: Wanted, now: datetime) -> tuple[datetime, datetime | None]:
    """When the messages are made, and the reader's wall clock where that decides."""
    if asked.timing not in Send.Timing.values:
        raise Invalid("This way to choose the time does not exist.", field="timing")
    if asked.rate_per_hour is not None and asked.rate_per_hour < 1:
        raise Invalid("At least one an hour.", field="rate_per_hour")
    if asked.due_at and (now - asked.due_at).total_seconds() > 300:
        raise Invalid("This time is in the past.", field="due_at")
    if asked.expires_at and asked.expires_at <= (asked.due_at or now):
        raise Invalid("This is before it begins.", field="expires_at")
    if asked.timing != Send.Timing.LOCAL:
        return asked.due_at or now, None
    if not asked.due_at:
        raise Invalid("Choose the time that the reader’s clock shows.", field="due_at")
    wall = timezone.localtime(asked.due_at).replace(tzinfo=UTC)
    return max(now, wall - EARLIEST), wall


def _must_be_ready(content: MarketingEmail | TextMessage, by: User) -> None:
    content.must_be_editable_by(by)
    must_be_able_to_add(by, Send)
    if isinstance(content, MarketingEmail) and content.status != MarketingEmail.Status.READY:
        raise NotAllowed(f"“{content}” is a draft. Make it ready first.")
    if not content.ready_version:
        raise NotAllowed(f"“{content}” has no version that could be sent yet.")
    if isinstance(content, MarketingEmail) and (why := why_only_by_api(content)):
        raise NotAllowed(why)


def _must_see(segments: Sequence[Segment], by: User) -> None:
    ids = {segment.pk for segment in segments}
    if Segment.objects.alive().visible_to(by).filter(pk__in=ids).count() != len(ids):
        raise Invalid("This segment does not exist.", field="segments")
