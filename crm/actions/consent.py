"""Consent: an address says yes or no to a purpose (and a topic). The ledger only grows; the newest entry counts.

Addresses may be given as anybody spells them. Every function writes the log for all contacts who have that address.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.delivery.channels import address_for, way
from crm.delivery.purposes import must_be_known, purpose_name
from crm.errors import Invalid
from crm.log.recording import entry, record_many
from crm.models import Consent, Contact, ContactPoint, Topic, User
from crm.sql import insert_select, typed

BATCH = 5000


def contact_point(address: str, channel: str = "email") -> ContactPoint:
    """The one row of this address. Raises Invalid where it can be no address of that channel."""
    return ContactPoint.objects.get_or_create(channel=channel, value=address_for(channel, address))[0]


def give_consent(
    address: ContactPoint | str,
    *,
    channel: str = "email",
    purpose: str = "commercial",
    topic: Topic | None = None,
    source: str,
    text_shown: str = "",
    proof: dict[str, Any] | None = None,
    by: User | None = None,
    at: datetime | None = None,
) -> Consent:
    """Yes. `source` says where in words (“Form: webinar”), `text_shown` what she read, `proof` what shows it was her."""
    return _decide(address, True, channel, purpose, topic, source, text_shown, proof, by, at)


def withdraw_consent(
    address: ContactPoint | str,
    *,
    channel: str = "email",
    purpose: str = "commercial",
    topic: Topic | None = None,
    source: str,
    text_shown: str = "",
    proof: dict[str, Any] | None = None,
    by: User | None = None,
    at: datetime | None = None,
) -> Consent:
    """No, from now on: messages that are queued but not yet claimed stay unsent."""
    return _decide(address, False, channel, purpose, topic, source, text_shown, proof, by, at)


@transaction.atomic
def take_back(answer: Consent) -> None:
    """It was a slip, and nothing had been said before: nothing is said again. The line stays, and counts no more."""
    ContactPoint.objects.select_for_update().get(pk=answer.point_id)
    Consent.objects.filter(pk=answer.pk).update(is_current=False)


def must_have_been(at: datetime) -> datetime:
    """Raises Invalid for a moment that is still to come: an answer dated so would outlast every later one."""
    if at > timezone.now():
        raise Invalid(_("Consent cannot have been given in the future."), field="given_at")
    return at


@transaction.atomic
def _decide(
    address: ContactPoint | str,
    granted: bool,
    channel: str,
    purpose: str,
    topic: Topic | None,
    source: str,
    text_shown: str,
    proof: dict[str, Any] | None,
    by: User | None,
    at: datetime | None,
) -> Consent:
    """A new line in the ledger. It counts unless a line given later is there already (an old file, imported today)."""
    point = contact_point(address, channel) if isinstance(address, str) else address
    must_be_known(purpose)
    ContactPoint.objects.select_for_update().get(pk=point.pk)
    at = must_have_been(at) if at else timezone.now()
    before = Consent.objects.filter(point=point, purpose=purpose, topic=topic, is_current=True).first()
    counts = before is None or before.given_at <= at
    if before and counts:
        Consent.objects.filter(pk=before.pk).update(is_current=False)
    consent = Consent.objects.create(
        point=point,
        purpose=purpose,
        topic=topic,
        granted=granted,
        source=source[:100],
        text_shown=text_shown,
        proof=proof or {},
        given_at=at,
        recorded_by=by,
        is_current=counts,
    )
    if counts and (before is None or before.granted != granted):
        _tell([point], granted, purpose, topic, source, by, at)
    return consent


def give_consent_many(
    contacts: QuerySet[Contact],
    *,
    channel: str = "email",
    purpose: str = "commercial",
    topic: Topic | None = None,
    source: str,
    text_shown: str = "",
    proof: dict[str, Any] | None = None,
    by: User | None = None,
    at: datetime | None = None,
) -> int:
    """Yes for every address of these contacts, by set: for the importer. Answers how many are new.

    An address that has said yes or no before is left as it is: a list must not overrule a person. Give it a few
    thousand contacts at a time.
    """
    at, address = at or timezone.now(), way(channel).address
    having = contacts.exclude(**{address: ""}).order_by()
    with transaction.atomic():
        point = (
            having.annotate(p_channel=typed(channel, CharField()), p_value=F(address))
            .values_list("p_channel", "p_value")
            .distinct()
        )
        insert_select(ContactPoint, ["channel", "value"], point)
        undecided = ContactPoint.objects.filter(channel=channel, value__in=having.values(address)).exclude(
            Exists(Consent.objects.filter(point=OuterRef("pk"), purpose=purpose, topic=topic, is_current=True))
        )
        points = list(undecided.select_for_update().order_by("pk"))
        Consent.objects.bulk_create(
            [
                Consent(
                    point=point_,
                    purpose=purpose,
                    topic=topic,
                    granted=True,
                    source=source[:100],
                    text_shown=text_shown,
                    proof=proof or {},
                    given_at=at,
                    recorded_by=by,
                )
                for point_ in points
            ],
            batch_size=1000,
            ignore_conflicts=True,
        )
        _tell(points, True, purpose, topic, source, by, at)
    return len(points)


def _tell(
    points: list[ContactPoint], granted: bool, purpose: str, topic: Topic | None, source: str, by: Any, at: datetime
) -> None:
    """One row of the log for each contact that has one of the addresses."""
    if not points:
        return
    kind = "consent.given" if granted else "consent.withdrawn"
    named = purpose_name(purpose)
    data = {
        "title": f"{named}: {topic.name}" if topic else named,
        "purpose": purpose,
        "topic": topic.name if topic else "",
        "where": source,
        "channel": points[0].channel,
    }
    address = way(points[0].channel).address
    for start in range(0, len(points), BATCH):
        values = [point.value for point in points[start : start + BATCH]]
        found = Contact.objects.filter(**{f"{address}__in": values}, deleted_at=None).values_list("pk", flat=True)
        record_many(entry(kind, contact=pk, data=data, by=by, occurred_at=at) for pk in found)
