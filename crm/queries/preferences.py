"""What the preference page of an address offers, and how it stands: channel by channel, purpose by purpose, topic by topic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from crm.delivery.channels import way
from crm.languages import as_shipped, asked_for
from crm.models import (
    Channel,
    Consent,
    ConsentPurpose,
    Contact,
    ContactPoint,
    Message,
    PreferencePage,
    Suppression,
    Topic,
)


@dataclass(frozen=True)
class Choice:
    """One box: a purpose, or a topic within it. `name` is what the form posts."""

    name: str
    label: str
    help_text: str
    purpose: str
    topic: Topic | None
    is_on: bool


@dataclass(frozen=True)
class Reach:
    """One way in which the reader can be reached. `shown` hides most of a number that the link does not prove to be hers."""

    point: ContactPoint
    shown: str
    choices: Sequence[Choice]
    is_flagged: bool
    is_suppressed: bool

    @property
    def nothing(self) -> str:
        """The name of the box that says: nothing at all."""
        return f"{self.point.channel}:nothing"


def reaches_of(message: Message) -> list[Reach]:
    """The address that the message went to; and where it went to her own, the other ways in which she can be reached.

    Looking writes nothing: an address that nobody has decided anything about has no row yet.
    """
    point = _point(message.channel, way(message.channel).normal(message.address))
    points = [(point, point.value)]
    contact = message.contact
    if contact is not None and getattr(contact, way(point.channel).address) == point.value:
        for channel in Channel:
            value = getattr(contact, way(channel).address)
            if channel != point.channel and value:
                points.append((_point(channel, value), hidden(value)))
    return [_reach(one, shown) for one, shown in points]


def _point(channel: str, value: str) -> ContactPoint:
    point = ContactPoint.objects.filter(channel=channel, value=value).first()
    return point or ContactPoint(channel=channel, value=value)


def hidden(value: str) -> str:
    """“+49…789”, “a…@customer.example”: enough to know it again."""
    local, at, domain = value.partition("@")
    return f"{local[:1]}…@{domain}" if at else f"{value[:3]}…{value[-3:]}"


def _reach(point: ContactPoint, shown: str) -> Reach:
    at = {"point__channel": point.channel, "point__value": point.value}
    said = {(one.purpose, one.topic_id): one.granted for one in Consent.objects.filter(**at, is_current=True)}
    topics = list(Topic.objects.filter(is_active=True, is_offered=True))
    choices: list[Choice] = []
    for purpose in offered():
        if purpose.key == "tracking" and point.channel != Channel.EMAIL:
            continue
        is_on = said.get((purpose.key, None), purpose.rule == ConsentPurpose.Rule.OPT_OUT)
        name = f"{point.channel}:{purpose.key}"
        label, help_text = as_shipped(purpose.name), as_shipped(purpose.description)
        choices.append(Choice(name, label, help_text, purpose.key, None, is_on))
        choices += [
            Choice(
                f"{name}:{topic.pk}",
                topic.name,
                topic.description,
                purpose.key,
                topic,
                said.get((purpose.key, topic.pk), not topic.needs_yes),
            )
            for topic in topics
            if topic.purpose == purpose.key
        ]
    people = Contact.objects.filter(
        **{way(point.channel).address: point.value, way(point.channel).flag: True}, deleted_at=None
    )
    stopped = Suppression.objects.filter(Q(until=None) | Q(until__gt=timezone.now()), **at, lifted_at=None)
    return Reach(point, shown, choices, people.exists(), stopped.exists())


def offered() -> list[ConsentPurpose]:
    """What the ledger is asked about, and the company lets readers choose."""
    rows = ConsentPurpose.objects.filter(is_active=True, is_offered=True)
    return list(rows.exclude(rule=ConsentPurpose.Rule.FREE))


def languages_of(message: Message, accepted: str) -> list[str]:
    """The reader's own, where we know it; then what her browser asks for, in its order."""
    hers = message.contact.language if message.contact else ""
    return list(filter(None, [hers, *asked_for(accepted)]))


def page_in(languages: Sequence[str]) -> PreferencePage:
    """The texts in the first of these languages (“de-AT” reads “de”, too); the usual ones where nobody has written any.

    Its `logo_type` is that of the one logo.
    """
    found = {page.language.lower(): page for page in PreferencePage.objects.defer("logo")}
    usual = found.get("") or PreferencePage()
    for code in (language.lower() for language in languages):
        if page := found.get(code) or found.get(code.partition("-")[0]):
            page.logo_type = usual.logo_type
            return page
    return usual
