"""A value of a field as a page shows it: links for what can be called, mailed or opened, words for the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import formats
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.countries import country_name
from crm.hooks.records import Field
from crm.queries.naming import Key, Named, names_for
from crm.templatetags import ui

Shown = SafeString | str
USERS = "crm.user"


def raw_of(field: Field, record: Any) -> Any:
    """The stored value; of another record or a user its key, so that nothing is fetched."""
    if field.is_custom or not field.is_column:
        return field.value_of(record)
    return getattr(record, type(record)._meta.get_field(field.name).attname)


def keys_in(fields: Iterable[Field], record: Any) -> set[Key]:
    """The records and people that these fields point at, to be named by `names_for` at one go."""
    pointing = [(f, raw_of(f, record)) for f in fields if f.kind in ("lookup", "person")]
    return {(f.to or USERS, int(value)) for f, value in pointing if value}


def shown_one(field: Field, record: Any, user: Any) -> Shown:
    """One value alone; for many fields at once call `shown` with the names of all."""
    return shown(field, record, names_for(user, keys_in([field], record)))


def shown(field: Field, record: Any, names: Mapping[Key, Named]) -> Shown:
    """The value for a reader, "" where there is none. `names` are those of `keys_in`."""
    value = raw_of(field, record)
    if value is None or value == "" or value == []:
        return ""
    match field.kind:
        case "lookup":
            return _linked(names[field.to, int(value)])
        case "person":
            named = names[USERS, int(value)]
            return ui.person(named.record) if named.record else named.name
        case "money":
            return ui.money(Decimal(str(value)), getattr(record, "currency_id", None) or "")
        case _:
            return _simple(field, value)


def _linked(named: Named) -> Shown:
    return format_html('<a href="{}">{}</a>', named.address, named.name) if named.address else named.name


def _simple(field: Field, value: Any) -> Shown:
    match field.kind:
        case "email":
            return format_html('<a href="mailto:{0}">{0}</a>', value)
        case "phone":
            return format_html('<a href="tel:{}">{}</a>', _dialled(value), value)
        case "url":
            return _opened(str(value))
        case "longtext":
            return ui.lines(value)
        case "day":
            return ui.when(value if isinstance(value, date) else parse_date(str(value))) or str(value)
        case "moment":
            return ui.when(value if isinstance(value, datetime) else parse_datetime(str(value))) or str(value)
        case "yesno":
            return _("Yes") if value else _("No")
        case "number":
            return _number(value)
        case "choice" | "choices":
            said = value if isinstance(value, list) else [value]
            return _chips(field, said) if field.colours else ", ".join(_label(field, one) for one in said)
    return str(value)


def _chips(field: Field, said: list[Any]) -> Shown:
    colours = dict(field.colours)
    return format_html_join(
        " ", '<span class="tag is-{}">{}</span>', ((colours.get(one, "grey"), _label(field, one)) for one in said)
    )


def _label(field: Field, value: Any) -> str:
    if field.name == "country":
        return country_name(value)
    if field.name == "currency":
        return str(value)
    return next(
        (str(label) for stored, label in (field.choices() if field.choices else ()) if stored == value), str(value)
    )


def _number(value: Any) -> str:
    try:
        return formats.number_format(Decimal(str(value)).normalize(), force_grouping=True)
    except InvalidOperation:
        return str(value)


def _dialled(number: str) -> str:
    return "".join(sign for sign in str(number) if sign.isdigit() or sign == "+")


def _opened(address: str) -> Shown:
    """A link to a web page; what only looks like one, as an import may bring it, stays text."""
    if not address.startswith(("https://", "http://")):
        return address
    short = address.removeprefix("https://").removeprefix("http://").rstrip("/")
    return format_html('<a href="{}" rel="noopener noreferrer" target="_blank">{}</a>', address, short)
