"""What the steps that send have in common: rows for a whole batch by one statement; carrying is delivery's job."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast, Concat

from crm.delivery.eligibility import why_not
from crm.delivery.queueing import queue_for
from crm.models import Contact
from journeys.names import once, row_of
from journeys.steps.batch import NEXT, Answer, Batch
from journeys.steps.kind import Foretold
from marketing.models import MarketingEmail, TextMessage
from marketing.queries.wants import wants_of_all, why_only_by_api

CONTENTS: dict[str, tuple[type[Any], str]] = {"email": (MarketingEmail, "email"), "text": (TextMessage, "sms")}


def send_key(journey: int) -> str:
    """What the send keys of all messages of a journey begin with."""
    return f"journey:{journey}:"


def queue_batch(batch: Batch, content: Any, *, name: str, channel: str, turn: int = 0) -> Answer:
    """Queue `content` (an email or a text, with its ready version) for everybody in the batch.

    Where everybody comes in once, people who share an address get one message; the key is (participant, node, visit),
    and the `turn` within a series.
    """
    if not content or not content.ready_version:
        return Answer(failures=dict.fromkeys(batch.ids, "What this step sends is not ready any more."))
    if isinstance(content, MarketingEmail) and (why := why_only_by_api(content)):
        return Answer(failures=dict.fromkeys(batch.ids, why))
    for key, contacts in _keyed(batch, f":{turn}" if turn else ""):
        queue_for(
            contacts,
            content=(name, content.pk, content.ready_version),
            send_key=key,
            channel=channel,
            purpose=content.purpose,
            topic=content.topic_id,
            campaign=batch.journey.campaign_id or content.campaign_id,
            sender=content.sender_id,
        )
    return Answer.everyone(batch)


def _keyed(batch: Batch, turn: str) -> list[tuple[Any, QuerySet[Contact]]]:
    """Contacts with their send key: by visit where people enter once, else by participant."""
    prefix = send_key(batch.journey.pk)
    again = batch.version.graph["entry"].get("params", {}).get("again", "never")
    if again == "never":
        by_visit: dict[int, list[int]] = defaultdict(list)
        for person in batch.people:
            by_visit[person.visit].append(person.contact)
        return [
            (f"{prefix}{batch.node}:{visit}{turn}", Contact.objects.filter(pk__in=contacts))
            for visit, contacts in by_visit.items()
        ]
    mine = F("journey_participations__pk")
    key = Concat(
        Value(f"{prefix}{batch.node}:"),
        Cast(mine, CharField()),
        Value(":"),
        Cast(F("journey_participations__visit"), CharField()),
        Value(turn),
    )
    return [(key, Contact.objects.filter(journey_participations__in=batch.ids))]


def foretell_sending(content: Any, channel: str, contact: Contact, now: datetime) -> Foretold:
    reason = (
        why_not(contact, channel=channel, purpose=content.purpose, topic=content.topic)
        if content
        else "Nothing is chosen."
    )
    why = f"Would not be sent: {reason}" if reason else f"Would send “{content}”."
    return Foretold(NEXT, why, now)


def not_ready(content: Any) -> str:
    """Why this cannot be sent, in a sentence; "" where it can."""
    if content is None or content.deleted_at:
        return "It does not exist any more. Choose another one."
    if not content.ready_version:
        return f"“{content}” is still a draft. Open it and make it ready."
    if not isinstance(content, MarketingEmail):
        return ""
    return why_only_by_api(content, once("wants", wants_of_all))


def content_named(what: Any) -> tuple[str, str, Any]:
    """“email:7” -> (“email”, its channel, the email); the last is None where there is no such thing."""
    name, _, pk = str(what or "").partition(":")
    model, channel = CONTENTS.get(name, CONTENTS["email"])
    return name, channel, row_of(model, int(pk)) if pk.isascii() and pk.isdigit() else None


def contents_of(kind: str, params: dict[str, Any]) -> tuple[str, Any] | None:
    """(channel, email or text) of a step that sends, of a series its first; None for every other step."""
    match kind:
        case "send_email":
            return "email", row_of(MarketingEmail, params["email"])
        case "send_sms":
            return "sms", row_of(TextMessage, params["text"])
        case "message_series":
            return content_named(params["messages"][0]["what"])[1:]
    return None
