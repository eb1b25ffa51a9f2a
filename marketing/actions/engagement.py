"""Keeping the roll-up of what people last did with our emails, and answering rules from it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery

from crm.models import Contact, Interaction, Message, Purpose
from crm.rules.columns import among
from crm.rules.compile import HUMAN
from crm.rules.tree import LAST, Did
from marketing.models import Engagement

KINDS = {"email.opened": "opened", "email.clicked": "clicked"}
HEARD = {"email.sent", *KINDS}
"""What can change the roll-up."""
COLUMNS = [f"{last}{what}{who}_at" for last in ("", "last_") for what in ("opened", "clicked") for who in ("", "_any")]


def recount(contacts: Collection[int]) -> None:
    """Read the roll-up of these people anew from the log: right however often, in whatever order it is asked."""
    people = Contact.objects.filter(pk__in=contacts).annotate(last_email=_last_email())
    named = {f"of_{column}": _last_time(column) for column in COLUMNS}
    rows = people.annotate(**named).values("pk", "last_email", *named)
    found = [
        Engagement(
            contact_id=row["pk"], last_email=row["last_email"], **{column: row[f"of_{column}"] for column in COLUMNS}
        )
        for row in rows
    ]
    told = [one for one in found if one.last_email or one.opened_any_at or one.clicked_any_at]
    Engagement.objects.bulk_create(
        sorted(told, key=lambda one: one.contact_id),
        update_conflicts=True,
        unique_fields=["contact"],
        update_fields=["last_email", *COLUMNS],
        batch_size=500,
    )
    gone = set(contacts) - {one.contact_id for one in told}
    Engagement.objects.filter(contact__in=gone).delete()


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


def _last_email() -> Subquery:
    sent = Message.objects.filter(
        contact=OuterRef("pk"), channel="email", purpose=Purpose.COMMERCIAL, sent_at__isnull=False
    )
    return Subquery(sent.order_by("-sent_at", "-pk").values("pk")[:1])


def _last_time(column: str) -> Subquery:
    """When one of the columns' deeds was last done."""
    what = column.removeprefix("last_").removesuffix("_at").removesuffix("_any")
    rows: QuerySet[Interaction] = Interaction.objects.filter(contact=OuterRef("pk"), kind=f"email.{what}")
    if column.startswith("last_"):
        rows = rows.filter(message=OuterRef("last_email"))
    if "_any" not in column:
        rows = rows.filter(verdict__in=HUMAN)
    return Subquery(rows.order_by("-occurred_at").values("occurred_at")[:1])
