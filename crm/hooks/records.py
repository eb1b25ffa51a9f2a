"""Offer a kind of record: what lists, record pages, bulk actions, import, export, merge and the bin know about it.

    records.register(RecordKind("crm.account", Account, _("Account"), _("Accounts"), "building", fields=(…), …))

One description serves them all, so that a field is named, typed and made once. Custom fields join by `add_fields`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db.models import Model, QuerySet

from crm.hooks.registry import Registry, Text

FIELD_KINDS = (
    "text", "longtext", "email", "phone", "url", "number", "money", "day", "moment", "choice", "choices", "yesno",
    "lookup", "person", "tags",
)  # fmt: skip
"""`day` is a date, `moment` a time in UTC, `choices` several of them, `lookup` another record, `person` a user."""

Choices = Callable[[], Sequence[tuple[Any, Text]]]


@dataclass(frozen=True)
class Field:
    """One thing that a record says: shown, filtered, edited, imported, exported by this description alone.

    `name` is the column, or “custom.<key>” for a custom field. `read` is the path of what is shown (“account.name”)
    where it is not the column itself. `sort` is the column an index can order by; "" means: cannot be sorted by.
    `to` names the kind of record a lookup points at. `choices` are offered and checked. `template` draws its cell;
    `instead` is the column shown where it is empty.
    What is not `is_editable` is set by a command or by the program, and only shown, filtered and exported. What is not
    `is_column` is put together from columns (a full name) and cannot be filtered by.

    Of custom fields: `check(value, by, before)` answers a typed value as it is stored, and raises Invalid where it cannot be;
    `default` is what a new record begins with; `retired` choices are still named and found, but no longer offered;
    `colours` are those of choices; `places` are the decimal places of a number; `is_listed` puts it into lists.
    """

    name: str
    label: Text
    kind: str = "text"
    read: str = ""
    sort: str = ""
    to: str = ""
    choices: Choices | None = None
    template: str = ""
    instead: str = ""
    group: Text = ""
    is_editable: bool = True
    is_required: bool = False
    is_column: bool = True
    help_text: Text = ""
    default: Any = None
    retired: frozenset[Any] = frozenset()
    colours: tuple[tuple[Any, str], ...] = ()
    places: int = 0
    is_listed: bool = False
    check: Callable[[Any, Any, Any], Any] | None = None

    def __post_init__(self) -> None:
        if self.kind not in FIELD_KINDS:
            raise LookupError(f"“{self.kind}” is not a kind of field. Known: {', '.join(FIELD_KINDS)}.")

    @property
    def is_custom(self) -> bool:
        return self.name.startswith("custom.")

    @property
    def key(self) -> str:
        """The key of a custom field in the column `custom`; else the column."""
        return self.name.removeprefix("custom.")

    @property
    def offered(self) -> list[tuple[Any, Text]]:
        """The choices, without the retired ones."""
        return [
            (value, label) for value, label in (self.choices() if self.choices else ()) if value not in self.retired
        ]

    def value_of(self, record: Any) -> Any:
        """The stored value: of the column, or under the key of `custom`."""
        return record.custom.get(self.key) if self.is_custom else getattr(record, self.name)


@dataclass(frozen=True)
class View:
    """A view that comes with a kind: a name for a query string of its list (“status=open&owner=me”)."""

    key: str
    label: Text
    query: str = ""


@dataclass(frozen=True)
class RecordKind:
    """`name` is the label of the model (“crm.contact”), and the resource of its grants.

    `columns` are its own of a list nobody has arranged, `sort` the field of its order (“-created_at”); `views` come with it,
    the first is what the list opens with. `matching(rows, text)` narrows rows by the words
    of a search. `change(record, by=…, version=…, **fields)` is the action behind every plain edit; without one,
    crm.actions.records saves. `locked(record)` answers why nothing may be edited now, or "". `assign(record, owner=…, team=…,
    by=…)` gives it away; without one, crm.actions.assignment does. `in_head` are the fields that the head of its page
    tells, so that the key facts need not. `related` are select_related paths of a row. `list_url` is a URL name, `board_url`
    that of a board of the same rows, where there is one. `filterset` declares filters that are no field
    (crm.field_filters); its `offered` stand in the menu, instead of the fields in `covered`.
    """

    name: str
    model: type[Model]
    label: Text
    plural: Text
    icon: str
    fields: Sequence[Field]
    columns: Sequence[str]
    sort: str
    list_url: str
    matching: Callable[[QuerySet, str], QuerySet]
    related: Sequence[str] = ()
    filterset: Any = None
    views: Sequence[View] = ()
    change: Callable[..., Any] | None = None
    locked: Callable[[Any], Text] | None = None
    assign: Callable[..., Any] | None = None
    in_head: Sequence[str] = ()
    board_url: str = ""

    @property
    def usual_columns(self) -> list[str]:
        """Those of a list nobody has arranged, with the custom fields that are shown in it."""
        return [*self.columns, *(field.name for field in self.more_fields() if field.is_listed)]

    def all_fields(self) -> list[Field]:
        """Its own fields, then those that others add (custom ones)."""
        return [*self.fields, *self.more_fields()]

    def more_fields(self) -> Iterator[Field]:
        for more in _more:
            yield from more(self.name)

    def field(self, name: str) -> Field:
        """Raises LookupError with the known names where there is no such field."""
        for field in chain(self.fields, self.more_fields()):
            if field.name == name:
                return field
        known = ", ".join(field.name for field in self.all_fields())
        raise LookupError(f"{self.plural} have no field “{name}”. Known: {known}.")

    def columns_of(self, sort: str) -> tuple[str, ...]:
        """The columns behind a field that orders (“-created_at”, or the column itself, as old links name it); () for none."""
        name = sort.removeprefix("-")
        for field in self.all_fields():
            if field.sort and name in (field.name, field.sort):
                return tuple(field.sort.split(","))
        return ()

    def is_text_column(self, field: Field) -> bool:
        """Is it stored as text, where the empty string is empty, too? A choice among other rows is none."""
        return field.is_column and not field.is_custom and not self.model._meta.get_field(field.name).is_relation

    @property
    def order(self) -> list[str]:
        """What a list nobody has arranged is ordered by, for order_by; complete by the key."""
        sign = "-" if self.sort.startswith("-") else ""
        return [f"{sign}{column}" for column in (*self.columns_of(self.sort), "pk")]

    def why_locked(self, record: Any) -> Text:
        """Why nothing may be edited on this record now: it is inactive, closed. "" where it may be."""
        return self.locked(record) if self.locked else ""


_kinds: Registry[RecordKind] = Registry("kind of record")
_more: list[Callable[[str], Iterable[Field]]] = []


def register(kind: RecordKind) -> None:
    _kinds.register(kind.name, kind)


def add_fields(more: Callable[[str], Iterable[Field]]) -> None:
    """`more(kind)` answers further fields of that kind, each time it is asked."""
    _more.append(more)


def get(name: str) -> RecordKind:
    return _kinds.get(name)


def known(name: str) -> bool:
    return name in _kinds


def kind_of(record: Model | type[Model]) -> RecordKind:
    """Raises LookupError where this model is no kind of record."""
    return _kinds.get(record._meta.label_lower)


def all_kinds() -> list[RecordKind]:
    return _kinds.values()
