"""Who came to our public pages: every visit is a row of the log, and an unknown browser is recognised once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from crm.log.recording import record
from crm.models import Contact, Interaction
from marketing.models import Visitor


@dataclass(frozen=True)
class Guest:
    """Who is at the door. `visitor` is the key of the browser, `contact` the person where we know them.

    `verdict` says what came: human, prefetch or bot.
    """

    visitor: str
    contact: Contact | None = None
    verdict: str = "human"


@transaction.atomic
def record_visit(guest: Guest, source: Model, *, page: str, campaign: Any = None, address: str = "") -> None:
    """One visit, one row: coming back is what scores are made of. `page` names which page of `source` it was."""
    if guest.contact and guest.verdict == "human":
        recognise(guest.visitor, guest.contact)
    record(
        "page.visited",
        contact=guest.contact,
        visitor=guest.visitor,
        source=source,
        campaign=campaign,
        data={"page": page, "address": address[:500]},
        verdict=guest.verdict,
        verdict_version=1,
    )


def recognise(visitor: str, contact: Contact) -> None:
    """This browser is this person: what it did while unknown is theirs from now on. Each row is stitched once.

    A browser that somebody else uses later is theirs from then on; what was stitched stays.
    """
    if not visitor:
        return
    known = Visitor.objects.filter(pk=visitor).first()
    if known is None or known.contact_id != contact.pk:
        Visitor.objects.update_or_create(key=visitor, defaults={"contact": contact, "recognised_at": timezone.now()})
        Interaction.objects.filter(visitor=visitor, contact=None).update(contact=contact)


def contact_of(visitor: str) -> Contact | None:
    """Whose browser this is, as far as we know."""
    if not visitor:
        return None
    return Contact.objects.alive().select_related("account").filter(browsers=visitor).first()
