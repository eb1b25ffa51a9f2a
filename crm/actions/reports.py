"""Bounces and complaints: kept as they came, then judged one by one. What they are about is found by what we have signed.

A report is believed where its return address is one that we signed, or where it carries the Message-ID of a message to that
very address; whatever else arrives is set aside and told in the admin. It is always our own message's address that is
suppressed, never one that the report names.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import jobs
from crm.actions.preferences import leave
from crm.actions.suppressions import pause, suppress
from crm.delivery.channels import normal_email
from crm.delivery.returns import message_of
from crm.log.recording import record
from crm.mailbox.reports import read_report
from crm.models import DeliveryReport, Message, Suppression

log = logging.getLogger(__name__)

JUDGE = "crm.tasks.judge_reports"
LARGEST = 1_000_000
"""Bytes that are kept of a report."""
BATCH = 100
Kind, Became = DeliveryReport.Kind, DeliveryReport.Became


def keep_mail(raw: bytes, now: datetime) -> DeliveryReport | None:
    """A mail that came to the mailbox for bounces; None where it is known."""
    key = sha256(raw).hexdigest()
    facts = {"source": "mailbox", "raw": raw[:LARGEST], "occurred_at": now}
    report, is_new = DeliveryReport.objects.get_or_create(key=key, defaults=facts)
    if is_new:
        jobs.nudge(JUDGE)
    return report if is_new else None


def keep_events(service: str, events: Iterable[dict[str, Any]], now: datetime) -> int:
    """What an email service told; answers how many are new. Each brings kind, address, ref, code, reason, id, at and raw."""
    rows = []
    for event in events:
        raw = json.dumps(event["raw"], default=str, sort_keys=True).encode()
        name = event["id"] or sha256(raw).hexdigest()
        rows.append(
            DeliveryReport(
                key=f"{service}:{sha256(str(name).encode()).hexdigest()[:40]}",
                source=service[:30],
                raw=raw[:LARGEST],
                kind=event["kind"],
                address=normal_email(str(event["address"] or ""))[:254],
                ref=str(event["ref"] or "")[:300],
                code=event["code"],
                reason=" ".join(str(event["reason"] or "").split())[:300],
                occurred_at=min(event["at"] or now, now),
            )
        )
    with transaction.atomic():
        before = DeliveryReport.objects.filter(key__in=[row.key for row in rows]).count()
        DeliveryReport.objects.bulk_create(rows, ignore_conflicts=True)
        new = DeliveryReport.objects.filter(key__in=[row.key for row in rows]).count() - before
        if new:
            jobs.nudge(JUDGE)
    return new


def keep_unreadable(service: str, body: bytes, why: str, now: datetime) -> None:
    """What a service sent and nobody could read: looked into by a person."""
    DeliveryReport.objects.get_or_create(
        key=f"{service}:{sha256(body).hexdigest()[:40]}",
        defaults={
            "source": service[:30],
            "raw": body[:LARGEST],
            "became": Became.ASIDE,
            "said": why[:300],
            "occurred_at": now,
        },
    )


def is_waiting(now: datetime) -> bool:
    """Asked every second by the sweep."""
    return DeliveryReport.objects.filter(became=Became.WAITING).exists()


def judge_waiting(now: datetime) -> int:
    """Judge what waits, each in a transaction of its own; one that nobody foresaw is set aside. Answers how many."""
    done = last = 0
    waiting = DeliveryReport.objects.filter(became=Became.WAITING).order_by("pk").values_list("pk", flat=True)
    while ids := list(waiting.filter(pk__gt=last)[:BATCH]):  # one that somebody else has in hand is not asked for again
        for pk in ids:
            last = pk
            try:
                _judge(pk)
            except OperationalError:
                raise  # the database is away or busy: the next nudge tries again
            except Exception as problem:
                log.exception("Delivery report %s could not be judged", pk)
                said = _("It could not be judged: %s. More is in the log.") % type(problem).__name__
                DeliveryReport.objects.filter(pk=pk).update(became=Became.ASIDE, said=said)
            done += 1
    return done


@transaction.atomic
def judge_again(report: DeliveryReport) -> DeliveryReport:
    """Somebody has looked at it, or the rules have changed."""
    DeliveryReport.objects.filter(pk=report.pk, became=Became.ASIDE).update(became=Became.WAITING, said="")
    jobs.nudge(JUDGE)
    report.refresh_from_db()
    return report


@transaction.atomic
def _judge(pk: int) -> None:
    rows = DeliveryReport.objects.filter(pk=pk, became=Became.WAITING)
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    report = rows.first()
    if report is None:
        return
    message = _found(report)
    if report.kind in (Kind.NONE, Kind.OTHER):
        report.kind, report.became = Kind.OTHER, Became.IGNORED
        report.said = _("It tells of no failure and of no complaint.")
    elif message is None:
        report.became, report.said = Became.ASIDE, _("It is about no message that we sent to this address.")
    else:
        report.message, report.address = message, message.address
        report.became, report.said = Became.TAKEN, _heed(report, message)
    report.said = report.said[:300]
    report.save()


def _found(report: DeliveryReport) -> Message | None:
    """Which message it is about, by what only we and its reader know."""
    if report.source != "mailbox":
        return _of_service(report)
    told = read_report(bytes(report.raw))
    report.kind, report.address, report.code, report.reason = told.kind, told.address, told.code, told.reason
    signed = message_of(told.returned_to)
    if signed is not None:
        return Message.objects.filter(pk=signed, sent_at__isnull=False).first()
    named = Message.objects.filter(message_id__in=told.message_ids, channel="email", sent_at__isnull=False)
    return named.filter(address=told.address).order_by("pk").first()


def _of_service(report: DeliveryReport) -> Message | None:
    """A service names our Message-ID, or the message as it calls it itself."""
    sent = Message.objects.filter(channel="email", sent_at__isnull=False, address=report.address)
    plain = report.ref.strip("<>")
    if not plain:
        return None
    by_id = sent.filter(message_id__in=[f"<{plain}>", plain]).first()
    if by_id:
        return by_id
    recent = sent.filter(contact__email_normal=report.address, sent_at__gte=timezone.now() - timedelta(days=90))
    return recent.filter(provider_ref__in=[report.ref, plain, f"<{plain}>"]).first()


def _heed(report: DeliveryReport, message: Message) -> str:
    """What it means for the address, the message and the person; answers it in words."""
    words = report.reason or _("No reason was given.")
    reason = f"{report.code} {words}".strip()
    match report.kind:
        case Kind.LEFT:
            leave(message, is_one_click=True)
            return _("The person unsubscribed.")
        case Kind.COMPLAINT:
            suppress(message.address, cause=Suppression.Cause.COMPLAINT, reason=_("Marked as spam (%s)") % reason)
            _tell("email.complained", report, message, reason)
            return _("Nothing is sent to this address any more.")
        case Kind.HARD:
            suppress(message.address, cause=Suppression.Cause.BOUNCE, reason=reason)
            said = _("Nothing is sent to this address any more.")
        case _:
            held = pause(message.address, reason=reason, at=report.occurred_at)
            said = _("Nothing is sent to this address until %s.") % f"{held.until:%Y-%m-%d %H:%M} UTC"
    Message.objects.filter(pk=message.pk, status=Message.Status.SENT).update(
        status=Message.Status.BOUNCED, reason=reason[:300]
    )
    _tell("email.bounced", report, message, reason)
    return said


def _tell(kind: str, report: DeliveryReport, message: Message, reason: str) -> None:
    """Once for a message, by whatever way it is told."""
    if message.contact_id is None:
        return
    record(
        kind,
        contact=message.contact_id,
        source=(message.content_type, message.content_id) if message.content_id else None,
        campaign=message.campaign_id,
        message=message,
        data={"reason": reason[:300], "code": report.code, "is_hard": report.kind == Kind.HARD, "by": report.source},
        occurred_at=report.occurred_at,
        key=f"{kind}:{message.pk}",
    )
