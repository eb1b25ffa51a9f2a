"""One cell of a file -> what is kept with its line, or a ValueError with a sentence. How the file writes days and numbers is told."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email

from crm.countries import countries

Clean = Callable[[str], Any]

YES = frozenset(("yes", "y", "true", "1", "x", "on", "ja", "oui", "si", "sí", "да", "是", "はい"))
NO = frozenset(("no", "n", "false", "0", "off", "nein", "non", "нет", "否", "いいえ"))
MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan", "feb", "mar mär maer", "apr", "may mai", "jun", "jul", "aug", "sep", "oct okt", "nov", "dec dez"), 1
    )
    for name in names.split()
}
_valid_url = URLValidator(schemes=["http", "https"])


def email(cell: str) -> str:
    try:
        validate_email(cell)
    except ValidationError:
        raise ValueError(f"“{cell[:80]}” is not an email address.") from None
    return cell


def url(cell: str) -> str:
    """A missing scheme is https: people write “www.northwind.example”."""
    address = cell if "://" in cell else f"https://{cell}"
    try:
        _valid_url(address)
    except ValidationError:
        raise ValueError(
            f"“{cell[:80]}” is not an address on the web. Write it like https://northwind.example."
        ) from None
    return address


@lru_cache(maxsize=4096)
def country(cell: str) -> str:
    code = cell.upper()
    if code in _territories():
        return code
    found = _names_of_territories().get(cell.casefold())
    if not found:
        raise ValueError(f"“{cell[:60]}” is not a country we know. Write it as two letters (IN) or by name (India).")
    return found


@lru_cache(maxsize=1)
def _territories() -> frozenset[str]:
    return frozenset(code for code, _ in countries())


@lru_cache(maxsize=1)
def _names_of_territories() -> dict[str, str]:
    names = {
        "uk": "GB", "usa": "US", "u.s.a.": "US", "u.s.": "US", "great britain": "GB", "england": "GB", "holland": "NL",
    }  # fmt: skip
    for language in ("ja", "zh", "ar", "he", "ru", "hi", "de", "fr", "es", "it", "pt", "nl", "pl", "en"):
        for code, name in Locale(language).territories.items():
            if code in _territories():
                names[name.casefold()] = code
    return names


def language(cell: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})?", cell):
        raise ValueError(f"“{cell[:30]}” is not a language. Write it like en or de-AT.")
    return cell.replace("_", "-")


def time_zone(cell: str) -> str:
    if cell not in _zones():
        raise ValueError(f"“{cell[:60]}” is not a time zone. Write it like Europe/Berlin.")
    return cell


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def yes_or_no(cell: str) -> bool:
    said = cell.casefold()
    if said in YES:
        return True
    if said in NO:
        return False
    raise ValueError(f"“{cell[:30]}” is neither yes nor no.")


def words(cell: str) -> list[str]:
    """Words with commas (or semicolons) between them, each once, whatever the case."""
    found = [" ".join(word.split()) for word in re.split(r"[,;]", cell)]
    return list({word.casefold(): word for word in reversed(found) if word}.values())[::-1]


def whole_number(decimal_comma: bool, least: int = 0, most: int = 2_147_483_647) -> Clean:
    def clean(cell: str) -> str:
        value = _decimal(cell, decimal_comma)
        if value != value.to_integral_value():
            raise ValueError(f"“{cell[:30]}” is not a whole number.")
        if not least <= value <= most:
            raise ValueError(f"“{cell[:30]}” is not between {least:,} and {most:,}.")
        return str(int(value))

    return clean


def number(decimal_comma: bool, digits: int = 18, places: int = 2, least: Decimal | None = None) -> Clean:
    """An amount, with or without its currency beside it; rounded to what is kept."""

    def clean(cell: str) -> str:
        value = round(_decimal(cell, decimal_comma), places)
        if abs(value) >= Decimal(10) ** (digits - places):
            raise ValueError(f"“{cell[:30]}” is too large.")
        if least is not None and value < least:
            raise ValueError(f"“{cell[:30]}” is less than {least}.")
        return f"{value:f}"

    return clean


def _decimal(cell: str, decimal_comma: bool) -> Decimal:
    """“€ 1.234,50”, “1,234.50 USD”, “1 234”. Where both signs stand, the last one is the decimal sign, whatever was told."""
    text = re.sub(r"[\s\u00a0\u202f'’]|[A-Za-z]{3}\b|[^\d.,+\-Ee()]", "", cell)
    if text.startswith("(") and text.endswith(")"):
        text = f"-{text[1:-1]}"
    comma, point = text.rfind(","), text.rfind(".")
    if comma >= 0 and point >= 0:
        decimal_comma = comma > point
    elif text.count(",") > 1 or text.count(".") > 1:
        decimal_comma = text.count(".") > 1
    text = text.replace(".", "").replace(",", ".") if decimal_comma else text.replace(",", "")
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"“{cell[:30]}” is not a number.") from None
    if not value.is_finite() or abs(value.adjusted()) > 30:
        raise ValueError(f"“{cell[:30]}” is not a number we can keep.")
    return value


def day(day_first: bool) -> Clean:
    """2026-10-31, 31.10.2026, 31/10/26, 10/31/2026, 31 Oct 2026 -> 2026-10-31."""

    def clean(cell: str) -> str:
        return _date(
            cell.split("T")[0] if re.match(r"\d{4}-\d\d-\d\dT", cell) else _without_time(cell)[0], day_first
        ).isoformat()

    return clean


def moment(day_first: bool, zone: str) -> Clean:
    """A day with a time, in the importer's zone unless the cell says otherwise; a day alone is its beginning."""

    def clean(cell: str) -> str:
        try:
            at = datetime.fromisoformat(cell)
        except ValueError:
            on, time = _without_time(cell)
            at = datetime.combine(_date(on, day_first), _time(time, cell).time())
        try:
            return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(ZoneInfo("UTC")).isoformat()
        except OverflowError:
            raise _no_day(cell) from None

    return clean


def _without_time(cell: str) -> tuple[str, str]:
    found = re.fullmatch(r"(.*?)[\s,T]+(\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?\s*(?:[AaPp]\.?[Mm]\.?)?)\s*", cell)
    return (found[1], found[2]) if found else (cell, "")


def _time(text: str, cell: str) -> datetime:
    plain = re.sub(r"\.\d+|[\s.]", "", text).upper()
    for pattern in ("%H:%M", "%H:%M:%S", "%I:%M%p", "%I:%M:%S%p"):
        try:
            return datetime.strptime(plain or "0:00", pattern)
        except ValueError:
            continue
    raise _no_day(cell)


def _date(cell: str, day_first: bool) -> date:
    text = cell.strip().strip(",").lower()
    try:
        if match := re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\.?", text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := re.fullmatch(r"(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4}|\d{2})", text):
            first, second = int(match[1]), int(match[3])
            day_comes_first = first > 12 or (second <= 12 and (day_first or match[2] == "."))
            on, month = (first, second) if day_comes_first else (second, first)
            return date(_year(match[4]), month, on)
        parts = re.findall(r"[^\W\d_]+|\d+", text)
        month = next((MONTHS[part[:n]] for part in parts for n in (4, 3) if part[:n] in MONTHS), 0)
        numbers = [part for part in parts if part.isdigit()]
        if month and len(numbers) == 2:
            numbers = numbers[::-1] if len(numbers[0]) == 4 else numbers
            return date(_year(numbers[1]), month, int(numbers[0]))
    except ValueError:
        pass
    raise _no_day(cell)


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (1900 if year >= 70 else 2000)


def _no_day(cell: str) -> ValueError:
    return ValueError(f"“{cell[:40]}” is not a day we understand. Write it like 2026-10-31.")


def one_of(choices: Iterable[tuple[Any, Any]], synonyms: Mapping[str, str] | None = None) -> Clean:
    """The value or the label of a choice, whatever the case."""
    pairs = [(str(value), str(label)) for value, label in choices if value not in ("", None)]
    known = {label.casefold(): value for value, label in pairs} | {value.casefold(): value for value, _ in pairs}
    known = {**(synonyms or {}), **known}

    def clean(cell: str) -> str:
        found = known.get(cell.casefold())
        if found is None:
            labels = ", ".join(label for _, label in pairs[:12]) + ("…" if len(pairs) > 12 else "")
            raise ValueError(f"“{cell[:60]}” is none of: {labels}.")
        return found

    return clean


def several_of(choices: Iterable[tuple[Any, Any]]) -> Clean:
    clean_one = one_of(choices)

    def clean(cell: str) -> list[str]:
        return [clean_one(word) for word in words(cell)]

    return clean


def row_named(rows: Callable[[], Mapping[str, Any]], what: str) -> Clean:
    """The key of a row by one of its names in small letters; `rows` is asked once, None stands for several of that name."""
    found: list[Mapping[str, Any]] = []

    def clean(cell: str) -> Any:
        if not found:
            found.append(rows())
        name = " ".join(cell.split()).casefold()
        if name not in found[0]:
            raise ValueError(f"There is no {what} “{cell[:80]}”.")
        if (key := found[0][name]) is None:
            raise ValueError(f"There are several {what}s called “{cell[:80]}”. Write the id instead.")
        return key

    return clean


def by_names(rows: Iterable[tuple[Any, ...]]) -> dict[str, Any]:
    """(key, name, name, …) of each row -> what `row_named` looks up; a name that two rows share says None."""
    found: dict[str, Any] = {}
    for key, *names in rows:
        for name in {" ".join(str(name).split()).casefold() for name in names if name}:
            found[name] = key if found.get(name, key) == key else None
    return found
