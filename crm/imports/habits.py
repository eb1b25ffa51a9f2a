"""How a file writes days and numbers, guessed from its first lines: “3/4/2026”, “1.234,50”."""

from __future__ import annotations

import re
from collections.abc import Sequence

SLASHED = re.compile(r"\s*(\d{1,2})[/-](\d{1,2})[/-]\d{2,4}\b")
AMOUNT = re.compile(r"\s*(?:[^\w\s]|[A-Z]{3})?\s*-?\d[\d.,'\u00a0\u202f ]*\d\s*(?:[^\w\s]|[A-Z]{3})?\s*")


def day_comes_first(rows: Sequence[Sequence[str]]) -> bool:
    """True unless some day of the file can only be read the other way."""
    pairs = [(int(m[1]), int(m[2])) for row in rows for cell in row if (m := SLASHED.match(cell))]
    return not any(second > 12 >= first for first, second in pairs)


def comma_is_decimal(rows: Sequence[Sequence[str]], separator: str) -> bool:
    """By amounts that can only be read one way; where none decides, a file parted by semicolons has decimal commas."""
    for cell in (cell for row in rows for cell in row if AMOUNT.fullmatch(cell)):
        signs = re.sub(r"[^.,]", "", cell)
        if "," in signs and "." in signs and signs.count(signs[-1]) == 1:
            return signs[-1] == ","
        if len(signs) == 1 and len(re.findall(r"\d+", cell.partition(signs)[2])[0]) != 3:
            return signs == ","
    return separator == ";"
