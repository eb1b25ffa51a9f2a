"""The claim that the people of a file gave their consent: written to the ledger beside them, and taken back with them."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from crm.access.depths import may
from crm.actions.consent import give_consent_many
from crm.delivery.purposes import must_be_known
from crm.errors import Forbidden, Invalid
from crm.imports.staging import CREATE, SAME, UPDATE, Span
from crm.models import Consent, Contact, Purpose, Topic

if TYPE_CHECKING:
    from crm.models import User


def checked(claim: dict[str, Any], by: User) -> dict[str, Any]:
    """The claim as it is kept with the import. Raises Invalid with the place of what is missing."""
    if not may(by, "crm.consent", "add"):
        raise Forbidden("Your role does not let you record consent. Import without it, or ask a marketer.")
    source = str(claim.get("source") or "").strip()
    if not source:
        raise Invalid(
            "Say where these people gave their consent, e.g. “Form at the trade fair”.", field="consent.source"
        )
    given_on = _day(claim.get("given_on"))
    if given_on > timezone.localdate():
        raise Invalid("Consent cannot have been given in the future.", field="consent.given_on")
    purpose = str(claim.get("purpose") or Purpose.COMMERCIAL)
    must_be_known(purpose, field="consent.purpose")
    topic = claim.get("topic") or None
    if topic and not Topic.objects.filter(pk=topic).exists():
        raise Invalid("This topic does not exist.", field="consent.topic")
    noon = datetime.combine(given_on, time(12), ZoneInfo("UTC"))
    return {
        "source": source[:100],
        "given_at": min(noon, timezone.now()).isoformat(),
        "purpose": purpose,
        "topic": topic,
        "text": str(claim.get("text") or ""),
    }


def give_consent(span: Span) -> None:
    """For every address of the span's people; whoever decided before, yes or no, is left as they decided."""
    claim = span.of.consent
    if not claim:
        return
    lines = span.lines().filter(verdict__in=[CREATE, UPDATE, SAME])
    give_consent_many(
        Contact.objects.filter(pk__in=lines.values("record_id")),
        purpose=claim["purpose"],
        topic=Topic.objects.filter(pk=claim.get("topic")).first(),
        source=claim["source"],
        text_shown=claim.get("text", ""),
        proof={"import": span.of.pk, "file": span.of.file_name},
        by=span.of.owner,
        at=parse_datetime(claim["given_at"]),
    )


def take_consent_back(span: Span) -> None:
    """What this import claimed and nobody has decided since goes out of the ledger again."""
    if not span.of.consent:
        return
    people = Contact.objects.filter(pk__in=span.lines().values("record_id")).exclude(email="")
    claimed = Consent.objects.filter(point__channel="email", point__value__in=people.values("email_normal"))
    claimed.filter(is_current=True, proof__import=span.of.pk).delete()


def _day(value: Any) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise Invalid("Say on which day they gave it, like 2026-10-31.", field="consent.given_on") from None
