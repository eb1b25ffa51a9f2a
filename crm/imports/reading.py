"""A text file -> rows, whatever its encoding and separator. What is not a table is told in a sentence, with its place.

A workbook becomes such a file first (crm/imports/sheets.py), whose first column is the number of the row.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from crm.errors import Invalid

MEGABYTE = 1024 * 1024
MAX_BYTES = 200 * MEGABYTE
MAX_COLUMNS = 500
SEPARATORS = ",;\t|"
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a mark (BOM)",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 without a mark, little end first",
    "utf-16-be": "UTF-16 without a mark, big end first",
    "cp1252": "Western (Windows 1252)",
    "latin-1": "Western (ISO 8859-1)",
    "iso-8859-15": "Western with the euro sign (ISO 8859-15)",
    "cp1250": "Central European (Windows 1250)",
    "cp1251": "Cyrillic (Windows 1251)",
    "cp1253": "Greek (Windows 1253)",
    "cp1254": "Turkish (Windows 1254)",
    "cp1255": "Hebrew (Windows 1255)",
    "cp1256": "Arabic (Windows 1256)",
    "shift_jis": "Japanese (Shift JIS)",
    "gb18030": "Chinese (GB 18030)",
    "big5": "Chinese (Big5)",
    "euc-kr": "Korean (EUC-KR)",
}
"""What a person may choose where the guess was wrong."""
BOMS = [(codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")]
CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
UNWANTED = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\ufeff]")
NUL = "\x00"
FORMULA = ("=", "+", "-", "@", "\t", "\r")

Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Layout:
    """How a file is to be read. `lines` is a guess until the file is read."""

    encoding: str
    separator: str
    columns: list[str]
    lines: int


def look_at(file: IO[bytes], name: str, *, encoding: str = "", separator: str = "") -> Layout:
    """Find out how to read this file, as far as it is not said. Raises Invalid with a sentence where it is no table."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(65536)
    if not head.strip():
        raise Invalid(f"“{name}” is empty. Choose a file with a header line and a line for each record.", field="file")
    must_fit(size, name)
    encoding = encoding or _encoding(file, head, name)
    if encoding not in ENCODINGS:
        raise Invalid(f"“{encoding}” is not an encoding we read. Known: {', '.join(ENCODINGS)}.", field="encoding")
    separator = separator or _separator(head, encoding)
    if len(separator) != 1 or separator in '"\r\n':
        raise Invalid("A separator is one character, like ; or a tab.", field="separator")
    header, lines = _header(file, encoding, separator, name)
    return Layout(encoding, separator, column_names(header, name), lines)


def must_fit(size: int, name: str, most: int = MAX_BYTES) -> None:
    if size > most:
        raise Invalid(
            f"“{name}” has {size // 1_000_000:,} MB; {most // MEGABYTE} MB is the most. Split it and import the parts.",
            field="file",
        )


def read_rows(file: IO[bytes], encoding: str, separator: str) -> Iterator[Row]:
    """The rows after the header: (number of the line in the file, cells). Empty lines are left out.

    Raises Invalid where the file breaks off in the middle, e.g. a quote that is never closed.
    """
    rows = _all_rows(file, encoding, separator)
    next(rows, None)
    yield from rows


def read_numbered(file: IO[bytes]) -> Iterator[Row]:
    """The rows of a workbook that was written down by crm.imports.sheets, header included."""
    for _, cells in _all_rows(file, "utf-8", ","):
        yield int(cells[0]), cells[1:]


def column_names(header: list[str], name: str) -> list[str]:
    """Each column with a name of its own. Raises Invalid where there are too many, or where the header is missing."""
    while header and not header[-1]:
        header = header[:-1]
    if len(header) > MAX_COLUMNS:
        raise Invalid(f"“{name}” has {len(header)} columns; {MAX_COLUMNS} is the most.", field="file")
    if any(re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", cell) for cell in header):
        raise Invalid(
            "The first line seems to be a record, not a header. Add a line on top that names the columns, "
            "e.g. First name, Last name, Email.",
            field="file",
        )
    seen: Counter[str] = Counter()
    names = []
    for number, cell in enumerate(header, start=1):
        plain = cell.replace(NUL, "")[:100] or f"Column {number}"
        seen[plain] += 1
        names.append(plain if seen[plain] == 1 else f"{plain} ({seen[plain]})")
    return names


def _all_rows(file: IO[bytes], encoding: str, separator: str) -> Iterator[Row]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        reader = csv.reader(text, delimiter=separator)
        begin = 1
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                raise Invalid(
                    f'The file cannot be read from line {begin} on: a quotation mark (") is opened there and never closed.',
                    field="file",
                ) from None
            except UnicodeError:
                raise Invalid(
                    f"Line {begin} or one soon after it is not readable as {ENCODINGS[encoding]}. "
                    "Choose another encoding, or save the file as UTF-8.",
                    field="encoding",
                ) from None
            number, begin = begin, reader.line_num + 1
            if number == 1 and len(cells) <= 2 and cells and cells[0].lower().startswith("sep="):
                continue  # Excel's hint about the separator
            if any(cell.strip() for cell in cells):
                yield number, [_tidy(cell) for cell in cells]
    finally:
        if not file.closed:
            text.detach()  # else the wrapper would close a file that is not its own


def _encoding(file: IO[bytes], head: bytes, name: str) -> str:
    for bom, encoding in BOMS:
        if head.startswith(bom):
            return encoding
    if (wide := _without_a_mark(head)) and _decodes(file, wide):
        return wide
    if CONTROL.search(head) or b"\x00" in head or head.lstrip()[:5].lower() in (b"%pdf-", b"<!doc", b"<html"):
        raise Invalid(f"“{name}” is not a table. Choose a CSV file or an Excel workbook (.xlsx).", field="file")
    for encoding in ("utf-8", "cp1252"):
        if _decodes(file, encoding):
            return encoding
    return "latin-1"


def _without_a_mark(head: bytes) -> str:
    """UTF-16 that does not say so: most letters of a table's header have a zero beside them, always on the same side."""
    even, odd = head[0:400:2], head[1:400:2]
    if odd.count(0) > len(odd) * 0.6 and 0 not in even:
        return "utf-16-le"
    if even.count(0) > len(even) * 0.6 and 0 not in odd:
        return "utf-16-be"
    return ""


def _decodes(file: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while chunk := file.read(MEGABYTE):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _separator(head: bytes, encoding: str) -> str:
    """The sign that splits the first lines into the same number of cells, and into the most."""
    text = head.decode(encoding, errors="replace").removeprefix("\ufeff")
    if text[:4].lower() == "sep=" and text[4:5] in tuple(SEPARATORS):
        return text[4]
    lines = text.splitlines()[:20] if len(head) < 65536 else text.splitlines()[:-1][:20]
    text = "\n".join(lines)

    def score(separator: str) -> tuple[int, int]:
        try:
            widths = Counter(len(row) for row in csv.reader(io.StringIO(text), delimiter=separator) if row)
        except csv.Error:
            return (0, 0)
        width, times = widths.most_common(1)[0] if widths else (1, 0)
        return (times, width) if width > 1 else (0, 0)

    return max(SEPARATORS, key=score)


def _header(file: IO[bytes], encoding: str, separator: str, name: str) -> tuple[list[str], int]:
    """The first row, and how many lines the file has, roughly."""
    rows = _all_rows(file, encoding, separator)
    first = next(rows, None)
    if first is None or next(rows, None) is None:
        raise nothing_below(name)
    rows.close()  # type: ignore[attr-defined]
    file.seek(0)
    return first[1], max(1, sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(MEGABYTE), b"")) - 1)


def nothing_below(name: str) -> Invalid:
    return Invalid(f"“{name}” has no records in it: below the header there must be at least one line.", field="file")


def _tidy(cell: str) -> str:
    """What is no sign goes, and a new line is one sign, as workbooks have it; so does the apostrophe that `safe_cell` once put before a formula."""
    plain = UNWANTED.sub("", cell).replace("\r\n", "\n").strip()
    return plain[1:] if plain[:1] == "'" and plain[1:2] in FORMULA else plain


def safe_cell(value: str) -> str:
    """For a file that a spreadsheet will open: what would run as a formula gets a leading apostrophe."""
    return f"'{value}" if value[:1] in FORMULA and value.strip("+-0123456789 ()/.") else value
