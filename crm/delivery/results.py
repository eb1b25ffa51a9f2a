"""What became of the messages: stored by set, only where our claim still holds, and told to the log.

email.sent and email.delivered are told when the carrier has taken the message: SMTP acceptance counts as delivered until
a bounce comes, which is told as email.bounced and ends with the message marked as failed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from crm.actions.suppressions import suppress
from crm.delivery.contents import LETTER, Ref
from crm.delivery.pace import count_people, limits_on
from crm.delivery.providers import Outcome, Result
from crm.log.recording import record
from crm.models import Message, Suppression

MOST_ATTEMPTS = 8
KINDS_SENT = {"email": ("email.sent", "email.delivered"), "sms": ("sms.sent",)}
PAUSES = (1, 2, 5, 15, 60, 180, 360)  # minutes to wait after the first, second … temporary refusal

# Written by hand: with each group of answers these two would cost more to put together than to carry out.
SENT = """
    UPDATE crm_message SET status = 'sent', reason = '', claim = NULL, sent_at = %s, provider_ref = v.value FROM {refs} AS v
    WHERE crm_message.id = CAST(v.key AS bigint) AND claim = %s AND status = 'due'
    RETURNING crm_message.id, content_type, content_id, content_version
"""
TOLD = """
    INSERT INTO crm_interaction (kind, contact_id, visitor, campaign_id, source_type, source_id, message_id, data, occurred_at,
        verdict, verdict_version)
    SELECT k.column1, m.contact_id, '', m.campaign_id, m.content_type, m.content_id, m.id, {data}, %s, '', 0
    FROM crm_message m, (VALUES {kinds}) AS k
    WHERE m.id IN (SELECT CAST(value AS bigint) FROM {ids}) AND m.contact_id IS NOT NULL {more} ORDER BY m.id
"""
NOT_TOLD_ELSEWHERE = (
    "AND NOT EXISTS (SELECT 1 FROM crm_letter l WHERE l.id = m.content_id AND l.activity_id IS NOT NULL)"
)
SPOKEN = {
    "postgresql": {"refs": "json_each_text(%s)", "ids": "json_array_elements_text(%s)", "data": "%s::jsonb"},
    "sqlite": {"refs": "json_each(%s)", "ids": "json_each(%s)", "data": "%s"},
}

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
    refs = json.dumps({outcome.message: outcome.ref[:200].replace("\0", "") for outcome in sent})
    moment = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(SENT.format(**SPOKEN[connection.vendor]), [moment, refs, token])
        by_content: dict[Ref, list[int]] = defaultdict(list)
        for message, *content in cursor.fetchall():
            by_content[tuple(content)].append(message)
        for ref, messages in by_content.items():
            _tell(cursor, KINDS_SENT[channel], ref, messages, title_of(ref), moment)


def _tell(cursor: Any, kinds: Sequence[str], ref: Ref, messages: list[int], title: str, moment: Any) -> None:
    """Of each kind one row of the log for each of these messages of a content that went to a contact.

    An email that a person wrote is told by its activity.
    """
    more = NOT_TOLD_ELSEWHERE if ref[0] == LETTER else ""
    sql = TOLD.format(kinds=", ".join(["(%s)"] * len(kinds)), more=more, **SPOKEN[connection.vendor])
    cursor.execute(sql, [json.dumps({"title": title}), moment, *kinds, json.dumps(messages)])


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
