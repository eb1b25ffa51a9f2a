"""Who gets a message, and why not: one SQL for the claim, for the count before a send, and for the question about one.

Consent and suppression belong to the normalised address. Commercial messages need a current yes to the purpose, and no
current no to the topic; transactional ones do not. A suppressed address gets nothing, whatever it consented to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from crm.delivery.channels import way
from crm.models import Consent, Contact, Purpose, Suppression, Topic

COMMERCIAL = Purpose.COMMERCIAL
IN_BIN = "The contact is in the bin."
INACTIVE = "The contact is inactive."
TOO_LATE = "It was no longer wanted when its turn came: it had expired."
BOUNCED = "The address bounced before."
COMPLAINED = "The person complained before."
SUPPRESSED = "The address is suppressed."
NO_CONSENT = "There is no consent to commercial messages."
WITHDRAWN = "Consent was withdrawn."
LEFT_TOPIC = "The person left this topic."
SHARED = "The address is shared with somebody who gets it."


@dataclass(frozen=True)
class Audience:
    """What a send would do now. `left_out` is (reason, people), most frequent first."""

    total: int
    will_get: int
    left_out: list[tuple[str, int]]


def reason_for_message(channel: str, now: datetime) -> Case:
    """Over Message: why it must not go out now, "" where it may. The claim stores what this says."""
    whens = [
        When(Exists(Contact.objects.filter(pk=OuterRef("contact_id"), deleted_at__isnull=False)), then=Value(IN_BIN)),
        When(address="", then=Value(way(channel).none)),
        When(expires_at__lte=now, then=Value(TOO_LATE)),
        *_suppressed(channel, "address", now),
        When(
            Q(purpose=COMMERCIAL) & Exists(Contact.objects.filter(pk=OuterRef("contact_id"), is_active=False)),
            then=Value(INACTIVE),
        ),
        *(
            When(Q(purpose=COMMERCIAL) & condition, then=Value(reason))
            for condition, reason in _unwanted(channel, "address", OuterRef("topic_id"))
        ),
    ]
    return Case(*whens, default=Value(""), output_field=CharField())


def reason_for_contact(channel: str, purpose: str, topic: Topic | int | None, now: datetime) -> Case:
    """Over Contact: why a message of this purpose would not reach her now, "" where it would."""
    address = way(channel).address
    whens = [
        When(deleted_at__isnull=False, then=Value(IN_BIN)),
        When(**{address: ""}, then=Value(way(channel).none)),
        *_suppressed(channel, address, now),
    ]
    if purpose == COMMERCIAL:
        whens.append(When(is_active=False, then=Value(INACTIVE)))
        whens += [When(condition, then=Value(reason)) for condition, reason in _unwanted(channel, address, topic)]
    return Case(*whens, default=Value(""), output_field=CharField())


def preview(
    contacts: QuerySet[Contact], *, channel: str = "email", purpose: str = COMMERCIAL, topic: Topic | int | None = None
) -> Audience:
    """How many of these would get it now, and why the others would not. One query."""
    reason = reason_for_contact(channel, purpose, topic, timezone.now())
    rows = (
        contacts.order_by()
        .annotate(why_not=reason)
        .values("why_not")
        .annotate(people=Count("pk"), addresses=Count(F(way(channel).address), distinct=True))
    )
    left_out = {row["why_not"]: row["people"] for row in rows if row["why_not"]}
    getting = next((row for row in rows if not row["why_not"]), {"people": 0, "addresses": 0})
    if shared := getting["people"] - getting["addresses"]:
        left_out[SHARED] = shared
    ordered = sorted(left_out.items(), key=lambda item: -item[1])
    return Audience(getting["people"] + sum(n for r, n in ordered if r != SHARED), getting["addresses"], ordered)


def why_not(
    contact: Contact, *, channel: str = "email", purpose: str = COMMERCIAL, topic: Topic | int | None = None
) -> str:
    """The reason in a sentence, or "" where she would get it now."""
    reason = reason_for_contact(channel, purpose, topic, timezone.now())
    found = Contact.objects.filter(pk=contact.pk).annotate(why_not=reason).values_list("why_not", flat=True).first()
    return IN_BIN if found is None else found


def declines_tracking(channel: str, address: str) -> bool:
    """Does whoever reads there not want opens and clicks to be seen?"""
    said = Consent.objects.filter(point__channel=channel, point__value=address, purpose=Purpose.TRACKING, topic=None)
    return said.filter(is_current=True, granted=False).exists()


def _suppressed(channel: str, address: str, now: datetime) -> list[When]:
    in_force = Suppression.objects.filter(
        Q(until=None) | Q(until__gt=now), point__channel=channel, point__value=OuterRef(address), lifted_at=None
    )
    words = {
        Suppression.Cause.BOUNCE: BOUNCED,
        Suppression.Cause.COMPLAINT: COMPLAINED,
        Suppression.Cause.MANUAL: SUPPRESSED,
    }
    return [When(Exists(in_force.filter(cause=cause)), then=Value(reason)) for cause, reason in words.items()]


def _unwanted(channel: str, address: str, topic: Any) -> list[tuple[Q, str]]:
    current = Consent.objects.filter(
        point__channel=channel, point__value=OuterRef(address), purpose=COMMERCIAL, is_current=True
    )
    general = current.filter(topic=None)
    found = [
        (Q(Exists(general.filter(granted=False))), WITHDRAWN),
        (~Q(Exists(general.filter(granted=True))), NO_CONSENT),
    ]
    if topic is not None:
        found.append((Q(Exists(current.filter(topic=topic, granted=False))), LEFT_TOPIC))
    return found
