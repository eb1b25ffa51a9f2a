"""What became of the messages: stored by set, only where our claim still holds, and told to the log.

email.sent and email.delivered are told when the carrier has taken the message: SMTP acceptance counts as delivered until
a bounce comes, which is told as email.bounced and ends with the message marked as failed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import (
    BigIntegerField,
    CharField,
    DateTimeField,
    Exists,
    F,
    JSONField,
    OuterRef,
    Q,
    SmallIntegerField,
)

from crm.actions.suppressions import suppress
from crm.delivery.contents import LETTER, Ref
from crm.delivery.pace import count_people, limits_on
from crm.delivery.providers import Outcome, Result
from crm.log.recording import record
from crm.models import Interaction, Letter, Message, Suppression
from crm.sql import insert_select, typed

MOST_ATTEMPTS = 8
KINDS_SENT = {"email": ("email.sent", "email.delivered"), "sms": ("sms.sent",)}
PAUSES = (1, 2, 5, 15, 60, 180, 360)  # minutes to wait after the first, second … temporary refusal

TitleOf = Callable[[Ref], str]


def store(token: str, outcomes: Sequence[Outcome], title_of: TitleOf, channel: str, now: datetime) -> None:
    """One transaction for a group. A message whose claim somebody else holds by now is left to them."""
    with transaction.atomic():
        _sent(token, [outcome for outcome in outcomes if outcome.result is Result.SENT], title_of, channel, now)
        for outcome in outcomes:
            if outcome.result is not Result.SENT:
                _not_sent(token, outcome, channel, now)


def _sent(token: str, sent: Sequence[Outcome], title_of: TitleOf, channel: str, now: datetime) -> None:
    if not sent:
        return
    rows = ", ".join(["(%s, %s)"] * len(sent))
    if connection.vendor == "postgresql":
        rows = rows.replace("(%s, %s)", "(%s::bigint, %s::text)", 1)
    params = [value for outcome in sent for value in (outcome.message, outcome.ref[:200])]
    moment = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crm_message SET status = 'sent', reason = '', claim = NULL, sent_at = %s, provider_ref = v.column2 "
            f"FROM (VALUES {rows}) AS v WHERE crm_message.id = v.column1 AND claim = %s AND status = 'due' "
            "RETURNING crm_message.id, content_type, content_id, content_version",
            [moment, *params, token],
        )
        by_content: dict[Ref, list[int]] = defaultdict(list)
        for message, *content in cursor.fetchall():
            by_content[tuple(content)].append(message)
    for ref, messages in by_content.items():
        for kind in KINDS_SENT[channel]:
            _tell(kind, messages, title_of(ref), now)


def _tell(kind: str, messages: list[int], title: str, now: datetime) -> None:
    """One row of the log for each of these messages that went to a contact. An email that a person wrote is told by its activity."""
    text, number = CharField(), BigIntegerField()
    columns = {
        "kind": typed(kind, text),
        "contact_id": F("contact_id"),
        "visitor": typed("", text),
        "campaign_id": F("campaign_id"),
        "source_type": F("content_type"),
        "source_id": F("content_id"),
        "message_id": F("pk"),
        "data": typed({"title": title}, JSONField()),
        "occurred_at": typed(now, DateTimeField()),
        "key": typed(None, text),
        "verdict": typed("", text),
        "verdict_version": typed(0, SmallIntegerField()),
        "account_id": typed(None, number),
        "actor_id": typed(None, number),
    }
    named = {f"of_{name}": value for name, value in columns.items()}
    written = Letter.objects.filter(pk=OuterRef("content_id"), activity__isnull=False)
    told_elsewhere = Q(Exists(written), content_type=LETTER)
    rows = Message.objects.filter(pk__in=messages).exclude(contact=None).exclude(told_elsewhere).order_by("pk")
    insert_select(Interaction, list(columns), rows.annotate(**named).values_list(*named))


def _not_sent(token: str, outcome: Outcome, channel: str, now: datetime) -> None:
    held = Message.objects.filter(pk=outcome.message, claim=token, status=Message.Status.DUE)
    message = held.first()
    if message is None:
        return
    reason = outcome.reason[:300]
    if outcome.result is not Result.UNKNOWN and (limits := limits_on(channel)).most:
        count_people(held, limits, now, by=-1)
    if outcome.result is Result.LATER and message.attempts < MOST_ATTEMPTS:
        pause = timedelta(minutes=PAUSES[min(message.attempts, len(PAUSES)) - 1])
        held.update(claim=None, reason=reason, due_at=now + pause)
        return
    status = Message.Status.UNKNOWN if outcome.result is Result.UNKNOWN else Message.Status.FAILED
    held.update(claim=None, reason=reason, status=status)
    if outcome.result is Result.BOUNCED:
        suppress(message.address, channel=channel, cause=Suppression.Cause.BOUNCE, reason=reason)
        if message.contact_id and channel == "email":
            record(
                "email.bounced",
                contact=message.contact_id,
                source=(message.content_type, message.content_id),
                campaign=message.campaign_id,
                message=message,
                data={"reason": reason},
                occurred_at=now,
            )
