"""Who gets a message, and why not: one SQL for the claim, for the count before a send, and for the question about one.

Consent and suppression belong to the normalised address. What a purpose needs is set (crm/delivery/purposes.py): a current
yes, no current no, or nothing; a topic can be left, or needs a yes of its own. A suppressed address gets nothing, whatever
it consented to, and nor does one of a contact who is marked “do not email”.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from crm.delivery.channels import way
from crm.delivery.pace import Limits, bears_no_more, limits_on
from crm.delivery.purposes import Rules, rules
from crm.models import Consent, ConsentPurpose, Contact, Purpose, Suppression, Topic

COMMERCIAL = Purpose.COMMERCIAL
ALWAYS, NEVER = ~Q(pk__in=[]), Q(pk__in=[])
IN_BIN = "The contact is in the bin."
INACTIVE = "The contact is inactive."
TOO_LATE = "It was no longer wanted when its turn came: it had expired."
BOUNCED = "The address bounced before."
PAUSED = "The address could not be reached lately, so we pause."
UNWANTED = {
    "email": "The contact is marked “do not email”.",
    "sms": "The contact is marked “do not SMS”.",
}
COMPLAINED = "The person complained before."
SUPPRESSED = "The address is suppressed."
NO_CONSENT = "There is no consent to commercial messages."
NO_CONSENT_TO = "There is no consent to this purpose."
WITHDRAWN = "Consent was withdrawn."
LEFT_TOPIC = "The person left this topic."
NO_TOPIC = "The person has not chosen this topic."
SHARED = "The address is shared with somebody who gets it."


@dataclass(frozen=True)
class Audience:
    """What a send would do now. `left_out` is (reason, people), most frequent first."""

    total: int
    will_get: int
    left_out: list[tuple[str, int]]


def reason_for_message(channel: str, now: datetime) -> Case:
    """Over Message: why it must not go out now, "" where it may. The claim stores what this says.

    It is asked of a batch, so every question looks up that one message.
    """
    known = rules()
    asked = ~Q(purpose__in=known.free)
    whens = [
        When(LookedUp(Contact.objects.filter(pk=OuterRef("contact_id"), deleted_at__isnull=False)), then=Value(IN_BIN)),
        When(address="", then=Value(way(channel).none)),
        When(expires_at__lte=now, then=Value(TOO_LATE)),
        *_suppressed(channel, "address", now, LookedUp),
        *_flagged(channel, "address", Q(contact__isnull=False), LookedUp),
        When(
            asked & LookedUp(Contact.objects.filter(pk=OuterRef("contact_id"), is_active=False)),
            then=Value(INACTIVE),
        ),
        *(
            When(asked & condition, then=reason)
            for condition, reason in (
                *_purpose_unwanted(channel, "address", OuterRef("purpose"), ~Q(purpose__in=known.unless_no), LookedUp),
                *_topic_unwanted(channel, "address", OuterRef("topic_id"), Q(topic__in=known.topics), known, LookedUp),
            )
        ),
    ]
    return Case(*whens, default=Value(""), output_field=CharField())


def reason_for_contact(
    channel: str,
    purpose: str,
    topic: Topic | int | None,
    now: datetime,
    known: Rules | None = None,
    limits: Limits | None = None,
) -> Case:
    """Over Contact: why a message of this purpose would not reach her now, "" where it would.

    `known` and `limits` spare a query each, for who asks about several purposes.
    """
    known, address = known or rules(), way(channel).address
    whens = [
        When(deleted_at__isnull=False, then=Value(IN_BIN)),
        When(**{address: ""}, then=Value(way(channel).none)),
        *_suppressed(channel, address, now),
        *_flagged(channel, address, Q()),
    ]
    if purpose not in known.free:
        needs_yes = ALWAYS if purpose not in known.unless_no else NEVER
        found = _purpose_unwanted(channel, address, purpose, needs_yes)
        if topic is not None:
            number = topic.pk if isinstance(topic, Topic) else topic
            found += _topic_unwanted(channel, address, number, ALWAYS if number in known.topics else NEVER, known)
        whens.append(When(is_active=False, then=Value(INACTIVE)))
        whens += [When(condition, then=reason) for condition, reason in found]
        whens += bears_no_more(channel, limits or limits_on(channel), now)
    return Case(*whens, default=Value(""), output_field=CharField())


def preview(
    contacts: QuerySet[Contact],
    *,
    channel: str = "email",
    purpose: str = COMMERCIAL,
    topic: Topic | int | None = None,
    known: Rules | None = None,
) -> Audience:
    """How many of these would get it now, and why the others would not. One query, and the small ones of the rules."""
    reason = reason_for_contact(channel, purpose, topic, timezone.now(), known)
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
    """Does whoever reads there not want opens and clicks to be seen? Where tracking needs a yes: has nobody said it?"""
    answer = _said_of_tracking(channel, address).values_list("granted", flat=True).first()
    if answer is not None:
        return not answer
    return rules().needs(Purpose.TRACKING) == ConsentPurpose.Rule.OPT_IN


def tracking_declined() -> Case:
    """The same over Message."""
    said = _said_of_tracking(OuterRef("channel"), OuterRef("address"))
    needs_yes = ConsentPurpose.objects.filter(key=Purpose.TRACKING, rule=ConsentPurpose.Rule.OPT_IN)
    return Case(
        When(Exists(said.filter(granted=False)), then=Value(True)),
        When(Exists(said.filter(granted=True)), then=Value(False)),
        default=Exists(needs_yes),
        output_field=BooleanField(),
    )


def _said_of_tracking(channel: Any, address: Any) -> QuerySet[Consent]:
    said = Consent.objects.filter(point__channel=channel, point__value=address, purpose=Purpose.TRACKING, topic=None)
    return said.filter(is_current=True)


class LookedUp(Exists):
    """EXISTS that is asked by index for each row. Of a batch PostgreSQL would else read the whole table, for each such question."""

    template = "EXISTS(%(subquery)s OFFSET 0)"


def _suppressed(channel: str, address: str, now: datetime, exists: type[Exists] = Exists) -> list[When]:
    in_force = Suppression.objects.filter(
        Q(until=None) | Q(until__gt=now), point__channel=channel, point__value=OuterRef(address), lifted_at=None
    )
    words = {
        Suppression.Cause.BOUNCE: BOUNCED,
        Suppression.Cause.SOFT: PAUSED,
        Suppression.Cause.COMPLAINT: COMPLAINED,
        Suppression.Cause.MANUAL: SUPPRESSED,
    }
    whens = [When(exists(in_force.filter(cause=cause)), then=Value(reason)) for cause, reason in words.items()]
    return [When(exists(in_force), then=Case(*whens, output_field=CharField()))]


def _flagged(channel: str, address: str, where: Q, exists: type[Exists] = Exists) -> list[When]:
    """Anybody who has this address does not want it: the flag is of the person, what it stops is of the address."""
    reached = Contact.objects.filter(**{way(channel).address: OuterRef(address), way(channel).flag: True})
    return [When(where & exists(reached.filter(deleted_at=None)), then=Value(UNWANTED[channel]))]


def _purpose_unwanted(
    channel: str, address: str, purpose: Any, needs_yes: Q, exists: type[Exists] = Exists
) -> list[tuple[Q, Any]]:
    general = _current(channel, address, purpose).filter(topic=None)
    return [
        (Q(exists(general.filter(granted=False))), Value(WITHDRAWN)),
        (needs_yes & ~Q(exists(general.filter(granted=True))), _no_consent(purpose)),
    ]


def _topic_unwanted(
    channel: str, address: str, topic: Any, needs_yes: Q, known: Rules, exists: type[Exists] = Exists
) -> list[tuple[Q, Any]]:
    """A no to a topic counts whatever purpose the message has; so does a missing yes to one that needs its own."""
    said = Consent.objects.filter(point__channel=channel, point__value=OuterRef(address), topic=topic, is_current=True)
    found: list[tuple[Q, Any]] = [(Q(exists(said.filter(granted=False))), Value(LEFT_TOPIC))]
    if known.topics:
        found.append((needs_yes & ~Q(exists(said.filter(granted=True))), Value(NO_TOPIC)))
    return found


def _current(channel: str, address: str, purpose: Any) -> QuerySet[Consent]:
    return Consent.objects.filter(
        point__channel=channel, point__value=OuterRef(address), purpose=purpose, is_current=True
    )


def _no_consent(purpose: Any) -> Any:
    """In the words of the purpose everybody knows, else in general ones."""
    if isinstance(purpose, str):
        return Value(NO_CONSENT if purpose == COMMERCIAL else NO_CONSENT_TO)
    return Case(
        When(purpose=COMMERCIAL, then=Value(NO_CONSENT)), default=Value(NO_CONSENT_TO), output_field=CharField()
    )
