"""What rests in the bin, and what went there with it, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Model, QuerySet

from crm.hooks import records
from crm.models import Company, DeletedRow, Deletion

MOST_NAMED = 200


@dataclass(frozen=True)
class BinKind:
    """A kind of thing that can rest in the bin."""

    label: str
    noun: str
    plural: str
    icon: str

    @classmethod
    def of(cls, model: type[Model]) -> BinKind:
        label = model._meta.label_lower
        if records.known(label):
            kind = records.get(label)
            return cls(label, str(kind.label), str(kind.plural), kind.icon)
        noun, plural = str(model._meta.verbose_name), str(model._meta.verbose_name_plural)
        return cls(label, noun[:1].upper() + noun[1:], plural[:1].upper() + plural[1:], "file-text")


@dataclass(frozen=True)
class Resting:
    """A line of the page: the deletion, its kind, what went along (“1 lead, 5 activities”), when its time is over."""

    deletion: Deletion
    kind: BinKind
    along: str
    until: datetime


@dataclass(frozen=True)
class AlongKind:
    """What went along, of one kind: the names that the reader may see, and how many more there are."""

    kind: BinKind
    names: list[str]
    more: int


def kinds_in_bin(deletions: QuerySet[Deletion]) -> list[BinKind]:
    """The kinds of which at least one rests there."""
    types = deletions.order_by().values_list("record_type", flat=True).distinct()
    return sorted((_kind(pk) for pk in types), key=lambda kind: kind.plural)


def lines_of(deletions: Sequence[Deletion]) -> list[Resting]:
    along = _counts(deletions)
    kept = timedelta(days=Company.objects.values_list("bin_days", flat=True).first() or 90)
    return [Resting(one, _kind(one.record_type_id), along.get(one.pk, ""), one.deleted_at + kept) for one in deletions]


def _counts(deletions: Sequence[Deletion]) -> dict[int, str]:
    rows = DeletedRow.objects.filter(deletion__in=deletions).order_by("deletion", "record_type")
    found: dict[int, list[str]] = {}
    for deletion, on, n in rows.values_list("deletion", "record_type").annotate(Count("pk")):
        kind = _kind(on)
        found.setdefault(deletion, []).append(f"{n:,} {(kind.noun if n == 1 else kind.plural).lower()}")
    return {pk: ", ".join(words) for pk, words in found.items()}


def what_went_along(deletion: Deletion, user: Any) -> list[AlongKind]:
    """By kind; what the reader may not see is a number, no more."""
    rows = deletion.rows.order_by("pk").values_list("record_type", "record_id")
    by_type: dict[int, list[int]] = {}
    for on, pk in rows:
        by_type.setdefault(on, []).append(pk)
    found = []
    for on, ids in by_type.items():
        model: Any = ContentType.objects.get_for_id(on).model_class()
        seen = model._default_manager.in_bin_reachable_by(user, "view").filter(pk__in=ids[:MOST_NAMED])
        names = [str(row) for row in seen.order_by("pk")]
        found.append(AlongKind(_kind(on), names, len(ids) - len(names)))
    return found


def _kind(content_type: int) -> BinKind:
    model: Any = ContentType.objects.get_for_id(content_type).model_class()
    return BinKind.of(model)
