"""Keeping the roll-up of what people last did with our emails, and answering rules from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import ExtractHour, RowNumber

from crm.models import Contact, Interaction
from crm.rules.columns import among
from crm.rules.compile import HUMAN, commercial_emails
from crm.rules.tree import LAST, Did
from marketing.models import Engagement

KINDS = {"email.opened": "opened", "email.clicked": "clicked"}
HEARD = {"email.sent", *KINDS}
"""What can change the roll-up."""
COLUMNS = [f"{last}{what}{who}_at" for last in ("", "last_") for what in ("opened", "clicked") for who in ("", "_any")]


def recount(contacts: Collection[int]) -> None:
    """Read the roll-up of these people anew from the log: right however often, in whatever order it is asked.

    A few statements, whatever the number.
    """
    ids = sorted(contacts)
    if not ids:
        return
    found = {pk: Engagement(contact_id=pk) for pk in ids}
    for pk, message in _last_emails(ids):
        found[pk].last_email = message
    deeds = Interaction.objects.filter(contact__among=ids, kind__in=KINDS)
    _note(found, deeds, "")
    _note(found, deeds.filter(message__among=[one.last_email for one in found.values() if one.last_email]), "last_")
    told = [one for one in found.values() if one.last_email or one.opened_any_at or one.clicked_any_at]
    gone = set(ids) - {one.contact_id for one in told}
    if gone:
        Engagement.objects.filter(contact__among=list(gone)).delete()
    # Of people who are gone from the table altogether nothing can be kept
    alive = set(Contact.objects.filter(pk__among=[one.contact_id for one in told]).values_list("pk", flat=True))
    Engagement.objects.bulk_create(
        [one for one in told if one.contact_id in alive],
        update_conflicts=True,
        unique_fields=["contact"],
        update_fields=["last_email", *COLUMNS],
        batch_size=500,
    )
    Engagement.objects.filter(contact__among=list(alive)).update(usual_hour=Subquery(_usual_hour()))


def _usual_hour() -> Any:
    """Of a row of the roll-up: the hour at which she opened and clicked most often, the earlier one of two."""
    hits = Interaction.objects.filter(contact=OuterRef("contact_id"), kind__in=KINDS, verdict__in=HUMAN)
    hours = hits.annotate(hour=ExtractHour("occurred_at", tzinfo=UTC)).order_by().values("hour")
    return hours.annotate(n=Count("pk")).order_by("-n", "hour").values("hour")[:1]


def shortcut(did: Did, now: datetime) -> Q | None:
    """“Opened an email in the last 90 days”, “opened the last email”: from the roll-up. None for whatever it does not hold."""
    if did.kind not in KINDS or did.who != "pk" or did.source not in (None, LAST):
        return None
    if did.before_days or did.since or did.until or did.link or did.page:
        return None
    is_once = did.at_most is None and did.at_least in (None, 1)
    is_never = did.at_most == 0 and did.at_least is None
    if not (is_once or is_never):
        return None
    column = f"{'last_' if did.source == LAST else ''}{KINDS[did.kind]}{'_any' if did.machines else ''}_at"
    rows = Engagement.objects.exclude(**{column: None})
    if did.within_days is not None:
        rows = rows.filter(**{f"{column}__gt": now - timedelta(days=did.within_days)})
    did_it = among("pk", rows, "contact_id")
    return did_it if is_once else ~did_it


def _last_emails(contacts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(contact, the last commercial email sent to her)."""
    sent = commercial_emails().filter(contact__among=contacts)
    place = Window(RowNumber(), partition_by="contact_id", order_by=[F("sent_at").desc(), F("pk").desc()])
    yield from sent.annotate(place=place).filter(place=1).values_list("contact_id", "pk")


def _note(found: dict[int, Engagement], deeds: QuerySet[Interaction], prefix: str) -> None:
    """When each of them was last done, by people and by anybody."""
    columns = ["contact_id", "kind", *(["message_id"] if prefix else [])]
    rows = deeds.order_by().values(*columns)
    for row in rows.annotate(human=Max("occurred_at", filter=Q(verdict__in=HUMAN)), every=Max("occurred_at")):
        one, what = found[row["contact_id"]], KINDS[row["kind"]]
        if prefix and row["message_id"] != one.last_email:
            continue
        setattr(one, f"{prefix}{what}_at", row["human"])
        setattr(one, f"{prefix}{what}_any_at", row["every"])
