"""The rows and cells of a list of records, drawn in one place: for the first load, for every swap, for an export in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.template import Context
from django.template.loader import get_template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from crm.actions.tags import tags_of
from crm.hooks.records import Field, RecordKind
from crm.models import Tag
from crm.queries.naming import Key, Named, names_for
from crm.web.values import keys_in, raw_of, shown

NOTHING = mark_safe('<span class="nothing">–</span>')
KINDS = {"number": "number", "money": "number", "day": "date", "moment": "date", "person": "person"}
BARE = ("email", "phone", "url")
"""Links in themselves: in the first column, which links to the record, they are plain text."""


@dataclass(frozen=True)
class Column:
    """One column. `order` is “ascending” or “descending” where the list is sorted by it; `address` sorts by it."""

    field: Field
    is_first: bool = False
    order: str = ""
    address: str = ""

    @property
    def label(self) -> str:
        return str(self.field.label)

    @property
    def css(self) -> str:
        return f"is-{KINDS.get(self.field.kind, 'text')}"

    @cached_property
    def opening(self) -> SafeString:
        """The <td> of every row: what a phone shows beside the value, and what the keys and the editor look for."""
        editable = mark_safe(" data-editable") if self.field.is_editable else ""
        return format_html(
            '<td class="{}" data-label="{}" data-cell="{}"{} tabindex="-1">',
            self.css,
            self.label,
            self.field.name,
            editable,
        )

    @cached_property
    def template(self) -> Any:
        return get_template(self.field.template).template if self.field.template else None  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Row:
    record: Any
    address: str
    cells: list[SafeString]


def columns_named(kind: RecordKind, names: str) -> list[Column]:
    """“name,city” as columns; names that are no field are passed over, none at all means the usual ones."""
    fields = {field.name: field for field in kind.all_fields()}
    found = [fields[name] for name in dict.fromkeys(names.split(",")) if name in fields]
    return [Column(field, at == 0) for at, field in enumerate(found or [fields[name] for name in kind.usual_columns])]


class Rows:
    """Draws records of one kind. What the cells point at is read at one go for all of them."""

    def __init__(self, kind: RecordKind, columns: Sequence[Column], user: Any) -> None:
        self.kind, self.columns, self.user = kind, columns, user

    def of(self, records: Sequence[Any]) -> list[Row]:
        fields = [column.field for column in self.columns]
        keys = {key for record in records for key in keys_in(fields, record)}
        names = names_for(self.user, keys)
        tags = tags_of(records) if any(field.kind == "tags" for field in fields) else {}
        self._attach(fields, records, names)
        return [self._row(record, names, tags.get(record.pk, [])) for record in records]

    def _attach(self, fields: Sequence[Field], records: Sequence[Any], names: dict[Key, Named]) -> None:
        """Templates of cells read what a row points at: here it is, so that none asks for it again."""
        for field in fields:
            if field.kind != "lookup" or field.is_custom:
                continue
            for record in records:
                key = raw_of(field, record)
                if key and (found := names[field.to, int(key)].record) is not None:
                    setattr(record, field.name, found)

    def _row(self, record: Any, names: dict[Key, Named], tags: list[Tag]) -> Row:
        address = record.get_absolute_url()
        return Row(record, address, [self._cell(column, record, address, names, tags) for column in self.columns])

    def _cell(self, column: Column, record: Any, address: str, names: dict[Key, Named], tags: list[Tag]) -> SafeString:
        value = self._value(column, record, names, tags)
        if column.is_first:
            value = format_html('<a class="row-link" href="{}">{}</a>', address, value or "–")
        return mark_safe(f"{column.opening}{conditional_escape(value) or NOTHING}</td>")

    def _value(self, column: Column, record: Any, names: dict[Key, Named], tags: list[Tag]) -> Any:
        field = column.field
        if field.kind == "tags":
            return tag_chips(tags)
        if column.template is not None:
            return mark_safe(column.template.render(Context({"row": record})))
        if column.is_first and field.kind in BARE:
            return raw_of(field, record)
        if column.is_first and field.kind == "lookup":
            key = raw_of(field, record)
            return names[field.to, int(key)].name if key else ""
        return shown(field, record, names) or (getattr(record, field.instead) if field.instead else "")


def tag_chips(tags: Sequence[Tag]) -> SafeString:
    drawn = (format_html('<span class="tag is-{}">{}</span>', tag.colour, tag.name) for tag in tags)
    return mark_safe(" ".join(drawn))
