"""Export: the rows of a list as a file, in words for people, or raw, as the importer reads them back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import Any
from zoneinfo import ZoneInfo

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import prefetch_related_objects
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.actions.tags import tags_of
from crm.bulk import sheets
from crm.bulk.sheets import Cell, Heading
from crm.hooks import records
from crm.hooks.bulk_actions import Batch, Outcome, done
from crm.hooks.records import Field, RecordKind
from crm.languages import inside_language
from crm.models import BulkRun, Contact, User

WIDTHS = {"longtext": 50, "moment": 18, "day": 12, "number": 12, "money": 14, "yesno": 9}


@dataclass(frozen=True)
class Reader:
    """Reads the cells of some rows; knows their tags and the words of their choices. Raw rows begin with their id."""

    kind: RecordKind
    fields: Sequence[Field]
    is_raw: bool
    zone: ZoneInfo

    def cells(self, rows: Sequence[Any]) -> Iterator[list[Cell]]:
        columns = {field.name for field in self.kind.model._meta.get_fields()}
        related = [f.name for f in self.fields if f.kind in ("lookup", "person") and f.name in columns]
        prefetch_related_objects(list(rows), *related)
        has_tags = any(field.kind == "tags" for field in self.fields)
        tags = tags_of(rows) if has_tags else {}
        labels = {f.name: {key: str(label) for key, label in f.choices()} for f in self.fields if f.choices}
        for row in rows:
            own = [row.pk] if self.is_raw else []
            yield own + [
                ", ".join(tag.name for tag in tags.get(row.pk, []))
                if field.kind == "tags"
                else self.cell(field, field.value_of(row), labels.get(field.name, {}))
                for field in self.fields
            ]

    def cell(self, field: Field, value: Any, labels: Mapping[Any, str]) -> Cell:
        if value is None or value == "" or value == []:
            return None
        if isinstance(value, datetime):
            return (
                value.astimezone(UTC).isoformat() if self.is_raw else value.astimezone(self.zone).replace(tzinfo=None)
            )
        if isinstance(value, bool):
            return ("yes" if value else "no") if self.is_raw else _("Yes") if value else _("No")
        if isinstance(value, User):
            return value.email if self.is_raw else str(value)
        if isinstance(value, Contact) and self.is_raw:
            return value.email or str(value.pk)
        if isinstance(value, list):
            return ", ".join(str(one if self.is_raw else labels.get(one, one)) for one in value)
        if labels and not self.is_raw:
            return labels.get(getattr(value, "pk", value), str(value))
        return value if isinstance(value, sheets.PLAIN) else str(value)


def write_part(batch: Batch) -> dict[int, Outcome]:
    """The part of these rows. One that an earlier, unfinished try has left is replaced."""
    run, place = batch.run, part_place(batch.run)
    default_storage.delete(place)
    with translation.override(inside_language(batch.by)):
        cells = _reader(run, batch.by, batch.values).cells(batch.rows)
        text = sheets.part(batch.values["format"], cells, run.done_count)
    default_storage.save(place, ContentFile(text))
    return {row.pk: done() for row in batch.rows}


def part_place(run: BulkRun) -> str:
    """Named after how far the run was, so that the names sort as the rows do."""
    return f"exports/{run.pk}/{run.handled:010d}.part"


def join_parts(run: BulkRun, *, by: User, values: Mapping[str, Any], beat: Callable[[], None]) -> None:
    """The file of a run whose rows are all written. Twice is once."""
    if not run.file:
        kind, file_format = records.get(run.kind), values["format"]
        fields = _reader(run, by, values).fields
        headings = [Heading(f.name if values["raw"] else str(f.label), WIDTHS.get(f.kind, 22)) for f in fields]
        if values["raw"]:
            headings.insert(0, Heading("id", 12))
        with TemporaryFile() as file:
            sheets.join(file_format, str(kind.plural), headings, _parts(run, beat), run.done_count, file)
            file.seek(0)
            run.file_name = f"{kind.plural} {timezone.localdate():%Y-%m-%d}.{file_format}"
            run.file.save(f"{run.pk}/{uuid.uuid4().hex}.{file_format}", File(file), save=False)
        run.save(update_fields=["file", "file_name"])
    forget_parts(run)


def _parts(run: BulkRun, beat: Callable[[], None]) -> Iterator[bytes]:
    for name in part_names(run):
        beat()
        with default_storage.open(f"exports/{run.pk}/{name}") as file:
            yield file.read()


def part_names(run: BulkRun) -> list[str]:
    try:
        _folders, files = default_storage.listdir(f"exports/{run.pk}")
    except FileNotFoundError:
        return []
    return sorted(name for name in files if name.endswith(".part"))


def forget_parts(run: BulkRun) -> None:
    for name in part_names(run):
        default_storage.delete(f"exports/{run.pk}/{name}")


def _reader(run: BulkRun, by: User, values: Mapping[str, Any]) -> Reader:
    kind = records.get(run.kind)
    known = {field.name: field for field in kind.all_fields()}
    fields = [known[name] for name in values["columns"] if name in known] or list(known.values())
    return Reader(kind, fields, bool(values["raw"]), ZoneInfo(by.time_zone or "UTC"))
