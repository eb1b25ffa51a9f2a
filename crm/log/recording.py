"""Writing to the log: the only place that creates interactions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Model, QuerySet
from django.db.models.expressions import Combinable
from django.utils import timezone

from crm.log import kinds, quiet
from crm.models.interactions import Interaction
from crm.sql import insert_select, typed


def source_of(record: Model) -> tuple[str, int]:
    """How the log names a record: (“marketing.event”, 7)."""
    return record._meta.label_lower, record.pk


def entry(
    kind: str,
    *,
    contact: Any = None,
    account: Any = None,
    visitor: str = "",
    source: Model | tuple[str, int] | None = None,
    campaign: Any = None,
    message: Any = None,
    by: Any = None,
    data: dict[str, Any] | None = None,
    occurred_at: datetime | None = None,
    key: str | None = None,
    verdict: str = "",
    verdict_version: int = 0,
) -> Interaction:
    """An unsaved row of the log, for `record_many`. contact, account, campaign, message and by are instances or ids.

    Inside `quietly` it carries the mark of that (crm/log/quiet.py).

    Raises LookupError where the kind is not declared.
    """
    kinds.get(kind)
    source_type, source_id = source_of(source) if isinstance(source, Model) else source or ("", None)
    return Interaction(
        kind=kind,
        contact_id=_pk(contact),
        account_id=_pk(account),
        visitor=visitor,
        source_type=source_type,
        source_id=source_id,
        campaign_id=_pk(campaign),
        message_id=_pk(message),
        actor_id=_pk(by),
        data={**(data or {}), **quiet.mark()},
        occurred_at=occurred_at or timezone.now(),
        key=key,
        verdict=verdict,
        verdict_version=verdict_version,
    )


def record(kind: str, **about: Any) -> None:
    """Tell what happened: one row, in the caller's transaction. The words are those of `entry`; a known key is no news."""
    record_many([entry(kind, **about)])


def record_alone(kind: str, **about: Any) -> None:
    """The same in one statement without a transaction around it: committed when it returns, unless the caller has one.

    For a public address that answers as soon as the row stands. It takes no `key`.
    """
    entry(kind, **about).save(force_insert=True)


def record_many(entries: Iterable[Interaction]) -> None:
    """Many rows at once; rows whose key is known already are left out silently."""
    rows = list(entries)
    keyed = [row for row in rows if row.key is not None]
    Interaction.objects.bulk_create([row for row in rows if row.key is None], batch_size=1000)
    Interaction.objects.bulk_create(keyed, batch_size=1000, ignore_conflicts=True)


def record_each(
    kind: str,
    contacts: QuerySet,
    *,
    source: Model | tuple[str, int],
    now: datetime,
    campaign: Any = None,
    key: Combinable | None = None,
    **data: Any,
) -> int:
    """The same for many contacts, as one INSERT … SELECT; `contacts` is a values queryset of their ids.

    `key` is an expression over that queryset. Answers how many rows are new. Raises LookupError where the kind is not
    declared.
    """
    kinds.get(kind)
    source_type, source_id = source_of(source) if isinstance(source, Model) else source
    fields = {field.name: field for field in Interaction._meta.concrete_fields}
    constants = {
        "kind": kind,
        "visitor": "",
        "source_type": source_type,
        "source_id": source_id,
        "data": {**data, **quiet.mark()},
        "occurred_at": now,
        "verdict": "",
        "verdict_version": 0,
    }
    more = {"key": key} if key is not None else {}
    if campaign is not None:
        more["campaign_id"] = typed(_pk(campaign), BigIntegerField())
    column = contacts.query.values_select[0]
    said = {**{name: typed(value, fields[name]) for name, value in constants.items()}, **more}
    rows = contacts.annotate(**{f"_{name}": expression for name, expression in said.items()})
    return insert_select(Interaction, ["contact_id", *said], rows.values_list(column, *(f"_{name}" for name in said)))


def _pk(thing: Any) -> Any:
    return thing.pk if isinstance(thing, Model) else thing
