"""Exports beside the lists of records: one file, written in batches, so that memory stays flat; and what crm itself offers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby, islice
from tempfile import TemporaryFile
from typing import IO, Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from crm.bulk import sheets
from crm.bulk.sheets import Cell, Heading
from crm.errors import NotAllowed
from crm.hooks import exports, records
from crm.hooks.exports import Export
from crm.models import Consent, Suppression, Tagging

BATCH, PART = 1000, 1 << 20


def write_export(export: Export, *, file_format: str, user: Any, into: IO[bytes]) -> int:
    """Write everything that the user may see of it; answers how many rows were read.

    Raises NotAllowed where a spreadsheet cannot hold them all.
    """
    rows = export.rows(user)
    count = rows.count()
    if count > sheets.MOST_ROWS.get(file_format, count):
        most = sheets.MOST_ROWS[file_format]
        raise NotAllowed(f"A spreadsheet has room for {most:,} lines, and these are {count:,}. Choose CSV.")
    headings = [Heading(title) for title in export.columns]
    with TemporaryFile() as spool:
        lines = _spooled(export, rows, file_format, spool)
        spool.seek(0)
        parts = iter(lambda: spool.read(PART), b"")
        sheets.join(file_format, str(export.label), headings, parts, lines, into)
    return count


def _spooled(export: Export, rows: QuerySet, file_format: str, spool: IO[bytes]) -> int:
    """Write the text of all lines; a row may be several. Answers how many lines."""
    written = 0
    read = rows.iterator(chunk_size=BATCH)
    while some := list(islice(read, BATCH)):
        lines = list(export.cells(some))
        spool.write(sheets.part(file_format, lines, written))
        written += len(lines)
    return written


def register_all() -> None:
    exports.register(
        Export(
            "crm.consent",
            _("Consent"),
            "shield-check",
            "crm.consent",
            (
                "Address",
                "Channel",
                "Given",
                "When",
                "Where",
                "Purpose",
                "Topic",
                "Text that was shown",
                "Proof",
                "Counts now",
            ),
            consents,
            cells_of_consent,
            _("The whole ledger: every yes and no, with its proof."),
            100,
        )
    )
    exports.register(
        Export(
            "crm.suppression",
            _("Suppressions"),
            "shield-x",
            "crm.consent",
            ("Address", "Channel", "Cause", "Reason", "Since", "Until"),
            suppressions,
            cells_of_suppression,
            _("Addresses that are not written to now."),
            110,
        )
    )
    exports.register(
        Export(
            "crm.tag",
            _("Tags"),
            "tags",
            "crm.contact",
            ("Tags", "Regarding", "Name"),
            taggings,
            cells_of_taggings,
            _("One line a tag on a record that you may see."),
            90,
        )
    )


def moment(at: datetime | None) -> Cell:
    """As the importer reads it back: to the microsecond, with its zone."""
    return at.astimezone(UTC).isoformat() if at else None


def consents(user: Any) -> QuerySet:
    return Consent.objects.select_related("point", "topic").order_by("pk")


def cells_of_consent(rows: Sequence[Consent]) -> Iterator[list[Cell]]:
    for one in rows:
        proof = one.proof.get("note") or (json.dumps(one.proof, ensure_ascii=False) if one.proof else None)
        yield [
            one.point.value, one.point.channel, "yes" if one.granted else "no", moment(one.given_at), one.source, one.purpose,
            one.topic.name if one.topic else None, one.text_shown, proof, "yes" if one.is_current else "no",
        ]  # fmt: skip


def suppressions(user: Any) -> QuerySet:
    return Suppression.objects.filter(lifted_at=None).select_related("point").order_by("pk")


def cells_of_suppression(rows: Sequence[Suppression]) -> Iterator[list[Cell]]:
    for one in rows:
        yield [
            one.point.value, one.point.channel, one.cause, one.reason, moment(one.since), moment(one.until)
        ]  # fmt: skip


def taggings(user: Any) -> QuerySet:
    """The tags of every kind of record that the user may export."""
    seen = Q(pk__in=[])
    for kind in records.all_kinds():
        model: Any = kind.model
        on = ContentType.objects.get_for_model(model)
        seen |= Q(record_type=on, record_id__in=model.objects.reachable_by(user, "export").values("pk"))
    return Tagging.objects.filter(seen).select_related("tag").order_by("record_type", "record_id", "tag__name", "pk")


def cells_of_taggings(rows: Sequence[Tagging]) -> Iterator[list[Cell]]:
    for on, some in groupby(rows, key=lambda row: row.record_type_id):
        model: Any = ContentType.objects.get_for_id(on).model_class()
        lines = list(some)
        names = model._base_manager.in_bulk([line.record_id for line in lines])
        for line in lines:
            yield [line.tag.name, f"{model._meta.label_lower}:{line.record_id}", str(names.get(line.record_id, ""))]
