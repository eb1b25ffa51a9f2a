"""What a contact's addresses have said, and what it means now: for her page, for the API and for the preference page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.delivery.channels import way
from crm.delivery.eligibility import reason_for_contact
from crm.delivery.pace import limits_on
from crm.delivery.purposes import TOPIC, Rules, rules_said
from crm.models import Channel, Consent, ConsentPurpose, Contact, ContactPoint, Suppression, Topic

Asked = list[tuple[ConsentPurpose, Topic | None]]


@dataclass(frozen=True)
class Standing:
    """One purpose (or topic within it) at one address: may we, and who said what last. `why_not` is "" where we may."""

    purpose: ConsentPurpose
    topic: Topic | None
    last: Consent | None
    why_not: str

    @property
    def label(self) -> str:
        return str(self.topic or self.purpose)


@dataclass(frozen=True)
class AddressStanding:
    """An address or number of a contact. `suppressions` are those in force."""

    channel: str
    label: str
    value: str
    is_flagged: bool
    lines: Sequence[Standing]
    suppressions: Sequence[Suppression]


def standing_of(contact: Contact, now: datetime | None = None) -> list[AddressStanding]:
    """For each channel in which she has an address. What is decided is asked of the one SQL that decides each message."""
    now = now or timezone.now()
    purposes, topics = list(ConsentPurpose.objects.all()), list(Topic.objects.all())
    said = [(one.key, one.rule) for one in purposes] + [(str(one.pk), TOPIC) for one in topics if one.needs_yes]
    asked: Asked = [
        (purpose, topic)
        for purpose in purposes
        if purpose.is_active
        for topic in (None, *(one for one in topics if one.is_active and one.purpose == purpose.key))
    ]
    found = []
    for channel in Channel:
        value = getattr(contact, way(channel).address)
        if value:
            found.append(_at(contact, channel, value, now, asked, rules_said(said)))
    return found


def _at(contact: Contact, channel: Channel, value: str, now: datetime, order: Asked, known: Rules) -> AddressStanding:
    limits = limits_on(channel)
    reasons = {
        f"why_{number}": reason_for_contact(channel, purpose.key, topic, now, known, limits)
        for number, (purpose, topic) in enumerate(order)
    }
    row = Contact.objects.filter(pk=contact.pk).annotate(**reasons).values(*reasons).first() or {}
    current = {
        (one.purpose, one.topic_id): one
        for one in Consent.objects.filter(point__channel=channel, point__value=value, is_current=True).select_related(
            "recorded_by", "topic"
        )
    }
    lines = [
        Standing(purpose, topic, current.get((purpose.key, topic.pk if topic else None)), row.get(f"why_{number}", ""))
        for number, (purpose, topic) in enumerate(order)
    ]
    in_force = Suppression.objects.filter(
        Q(until=None) | Q(until__gt=now), point__channel=channel, point__value=value, lifted_at=None
    )
    label = _("Email") if channel == Channel.EMAIL else _("SMS")
    flagged = bool(getattr(contact, way(channel).flag))
    return AddressStanding(channel, label, value, flagged, lines, list(in_force.select_related("point", "set_by")))


def points_of(contact: Contact) -> QuerySet[ContactPoint]:
    """The rows of the addresses she has now."""
    wanted = Q(pk__in=[])
    for channel in Channel:
        if value := getattr(contact, way(channel).address):
            wanted |= Q(channel=channel, value=value)
    return ContactPoint.objects.filter(wanted)


def ledger_of(contact: Contact) -> QuerySet[Consent]:
    """Who said what when, the newest first, at all her addresses."""
    rows = Consent.objects.filter(point__in=points_of(contact).values("pk"))
    return rows.select_related("point", "topic", "recorded_by").order_by("-pk")


def suppressions_of(contact: Contact) -> QuerySet[Suppression]:
    """Those in force and those that were, the newest first."""
    rows = Suppression.objects.filter(point__in=points_of(contact).values("pk"))
    return rows.select_related("point", "set_by", "lifted_by").order_by("-pk")
