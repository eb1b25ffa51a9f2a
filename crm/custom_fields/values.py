"""What was typed, sent or imported for a custom field -> what is stored. What is wrong is said in a sentence at its field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models import Model
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from crm.errors import Invalid
from crm.hooks.records import Field
from crm.models.custom_fields import CustomField
from crm.models.users import User

LONGEST_LINE, LONGEST_TEXT, LONGEST_ADDRESS = 500, 20_000, 500
MOST_DIGITS = 15
"""What a JSON number carries exactly, whichever program reads it."""
_EMPTY: tuple[Any, ...] = (None, "", [], ())
_is_url = URLValidator(schemes=["http", "https"])


def merged(custom: Mapping[str, Any], values: Iterable[tuple[Field, Any]], by: User | None) -> dict[str, Any]:
    """The column `custom` with these values of its fields put in: checked, and what is empty taken out. Raises Invalid."""
    news = {**custom}
    for field, value in values:
        before = custom.get(field.key)
        news[field.key] = field.check(value, by, before) if field.check else value
        if news[field.key] is None and field.is_required:
            raise Invalid(_("“%s” must be filled in.") % field.label, field=field.name)
    return {key: value for key, value in news.items() if value not in _EMPTY}


def checked(field: CustomField, value: Any, by: User | None = None, before: Any = None) -> Any:
    """The value as it is stored; None for an empty one. Raises Invalid with “custom.<key>” as its field.

    `by` must see the record that a lookup names; without anybody, every record will do. What stood there `before` may stay,
    although it is not chosen any more.
    """
    if isinstance(value, str):
        value = value.strip() if field.type != field.Type.LONGTEXT else value.replace("\r\n", "\n").rstrip()
    if value in _EMPTY:
        return None
    try:
        return _stored(field, value, by, before)
    except _Wrong as wrong:
        raise Invalid(f"{field.label}: {wrong}", field=field.name) from None


class _Wrong(ValueError):
    """Completes “Plan: …”."""


def _stored(field: CustomField, value: Any, by: User | None, before: Any) -> Any:
    match field.type:
        case field.Type.TEXT:
            return _text(value, LONGEST_LINE)
        case field.Type.LONGTEXT:
            return _text(value, LONGEST_TEXT)
        case field.Type.URL:
            return _url(value)
        case field.Type.NUMBER:
            return _number(field, value, field.places)
        case field.Type.MONEY:
            return _number(field, value, 2)
        case field.Type.DAY:
            return _day(value)
        case field.Type.CHOICE:
            return _choice(field, value, [before])
        case field.Type.CHOICES:
            return _choices(field, value, before or [])
        case field.Type.YESNO:
            return _yes_or_no(value)
    return _record(field, value, by, before)


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str):
        raise _Wrong(_("write a text."))
    if "\x00" in value:
        raise _Wrong(_("a NUL character cannot be kept."))
    if len(value) > longest:
        raise _Wrong(_("at most %(most)d characters; these are %(many)d.") % {"most": longest, "many": len(value)})
    return value


def _url(value: Any) -> str:
    text = _text(value, LONGEST_ADDRESS)
    if "://" not in text:
        text = f"https://{text}"
    try:
        _is_url(text)
    except ValidationError:
        raise _Wrong(_("that is no web address, like https://example.com.")) from None
    return text


def _number(field: CustomField, value: Any, places: int) -> int | float:
    number = _decimal(value)
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > places:
        raise _Wrong(_("a whole number, please.") if places == 0 else _("at most %d decimal places.") % places)
    if len(number.normalize().as_tuple().digits) > MOST_DIGITS or abs(number) >= Decimal(10) ** MOST_DIGITS:
        raise _Wrong(_("at most %d digits.") % MOST_DIGITS)
    if field.lowest is not None and number < field.lowest:
        raise _Wrong(_("at least %s.") % _plain(field.lowest))
    if field.highest is not None and number > field.highest:
        raise _Wrong(_("at most %s.") % _plain(field.highest))
    return int(number) if number == number.to_integral_value() else float(number)


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise _Wrong(_("write a number."))
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise _Wrong(_("write a number.")) from None
    if not number.is_finite():
        raise _Wrong(_("write a number."))
    return number


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _day(value: Any) -> str:
    if isinstance(value, datetime):
        value = value.date()
    try:
        day = value if isinstance(value, date) else parse_date(value) if isinstance(value, str) else None
    except ValueError:
        day = None
    if day is None:
        raise _Wrong(_("write a day like 2026-11-30."))
    return day.isoformat()


def _choice(field: CustomField, value: Any, kept: Sequence[Any]) -> str:
    label, is_retired = next(
        ((one["label"], one.get("is_retired")) for one in field.choices if one["value"] == value), ("", True)
    )
    if not label:
        raise _Wrong(_("“%s” is not one of the choices.") % str(value)[:60])
    if is_retired and value not in kept:
        raise _Wrong(_("“%s” is not chosen any more.") % label)
    return str(value)


def _choices(field: CustomField, value: Any, kept: Sequence[Any]) -> list[str]:
    if not isinstance(value, list | tuple):
        raise _Wrong(_("give a list of choices."))
    chosen = {_choice(field, one, kept) for one in value}
    return [one["value"] for one in field.choices if one["value"] in chosen]


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong(_("choose yes or no."))
    return value


def _record(field: CustomField, value: Any, by: User | None, before: Any) -> int:
    model: Any = apps.get_model(field.to)
    pk = value.pk if isinstance(value, Model) else value
    if isinstance(pk, str) and pk.isascii() and pk.isdigit():
        pk = int(pk)
    if isinstance(pk, bool) or not isinstance(pk, int) or not 0 < pk < 2**63:
        raise _Wrong(_("choose a record."))
    if pk == before:
        return pk
    rows = model._default_manager.all()
    if hasattr(rows, "visible_to"):
        rows = rows.visible_to(by) if by is not None else rows.alive()
    elif field.to == field.To.USER:
        rows = rows.filter(is_active=True)
    if not rows.filter(pk=pk).exists():
        raise _Wrong(_("there is no such record, or you may not see it."))
    return pk
