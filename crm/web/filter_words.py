"""Filters in words: what the chips above a list say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.field_operators import IS, ME, MY_TEAM, PERIODS
from crm.hooks.records import Field
from crm.queries.naming import Key, Named, names_for

FEW = 3


def keys_asked(field: Field, values: Sequence[str]) -> set[Key]:
    """The records and people that these values mean, to be named at one go."""
    if field.kind not in ("lookup", "person"):
        return set()
    return {(field.to or "crm.user", int(one)) for one in values if one.isdigit() and len(one) < 19}


def in_words(field: Field, asked: Mapping[str, Sequence[str]], names: Mapping[Key, Named]) -> str:
    """What is asked of one field, by operator: {"from": ["10"], "to": ["50"]} is “10 to 50”."""
    if set(asked) == {"from", "to"}:
        return _("%(low)s to %(high)s") % {"low": _one(field, asked["from"][0]), "high": _one(field, asked["to"][0])}
    return ", ".join(_operator(field, op, values, names) for op, values in asked.items())


def names_asked(
    user: Any, fields: Mapping[str, Field], asked: Mapping[str, Mapping[str, Sequence[str]]]
) -> dict[Key, Named]:
    keys = {
        key
        for name, by_op in asked.items()
        if name in fields
        for values in by_op.values()
        for key in keys_asked(fields[name], values)
    }
    return names_for(user, keys) if keys else {}


def _operator(field: Field, op: str, values: Sequence[str], names: Mapping[Key, Named]) -> str:
    first = values[0]
    match op:
        case "empty":
            return _("is empty") if first == "yes" else _("is filled in")
        case "last":
            return ngettext("in the last %s day", "in the last %s days", _count(first)) % first
        case "next":
            return ngettext("in the next %s day", "in the next %s days", _count(first)) % first
        case "older":
            return ngettext("more than %s day ago", "more than %s days ago", _count(first)) % first
        case "in":
            return str(dict(PERIODS).get(first, first))
    said = _some(field, values, names, _("or") if op != "all" else _("and"))
    words = {
        IS: "%s",
        "all": "%s",
        "not": _("not %s"),
        "contains": _("contains “%s”"),
        "begins": _("begins with “%s”"),
        "from": _("from %s"),
        "to": _("up to %s"),
    }
    return words.get(op, "%s") % said


def _some(field: Field, values: Sequence[str], names: Mapping[Key, Named], word: str) -> str:
    shown = [_one(field, value, names) for value in values[:FEW]]
    if len(values) > FEW:
        shown.append(_("%s more") % (len(values) - FEW))
    return f" {word} ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def _one(field: Field, value: str, names: Mapping[Key, Named] | None = None) -> str:
    match field.kind:
        case "lookup" | "person":
            if value in (ME, MY_TEAM):
                return _("me") if value == ME else _("my team")
            key = (field.to or "crm.user", int(value)) if value.isdigit() else None
            return (names or {})[key].name if key and key in (names or {}) else value
        case "choice" | "choices":
            return (
                next((str(label) for one, label in field.choices() if str(one) == value), value)
                if field.choices
                else value
            )
        case "yesno":
            return _("yes") if value in ("yes", "true", "1") else _("no")
        case "day" | "moment":
            return _day(value)
        case "number" | "money":
            return strip_tags(value)
    return value


def _day(value: str) -> str:
    try:
        if day := parse_date(value):
            return formats.date_format(day, "j M Y")
        if moment := parse_datetime(value):
            return formats.date_format(timezone.localtime(moment) if moment.tzinfo else moment, "j M Y, H:i")
    except ValueError:
        pass
    return value


def _count(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 9 else 2
