"""CSV and XLSX files written in parts, so that a killed worker goes on where it stopped and memory stays flat.

A part is the text of some rows. When all are there they are joined: a CSV under its header, an XLSX inside a frame that
xlsxwriter makes (its header, its formats, its filter).
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import IO

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from crm.imports.reading import safe_cell

PLAIN = (str, int, float, Decimal, date)
Cell = str | int | float | Decimal | date | datetime | None
"""A moment is naive: the reader's own time."""

CSV, XLSX = "csv", "xlsx"
MEDIA_TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST_ROWS = {XLSX: 1_048_575}
"""A sheet of a spreadsheet ends there, with its header."""
LONGEST_TEXT = 32_767
SHEET = "xl/worksheets/sheet1.xml"
_AS_XML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_NOT_IN_XML = [*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF]
_AS_XML.update(dict.fromkeys(_NOT_IN_XML, ""))
_FIRST_DAY = date(1899, 12, 30)
_FIRST_TRUE_DAY = date(1900, 3, 1)
"""Spreadsheets believe in a 29 February 1900: days before are written as text."""


@dataclass(frozen=True)
class Heading:
    """A column of the file. `width` is in characters."""

    title: str
    width: int = 18


# Parts


def part(file_format: str, rows: Iterable[Sequence[Cell]], first: int) -> bytes:
    """The text of rows; `first` counts the rows before them."""
    return _csv_part(rows) if file_format == CSV else _xlsx_part(rows, first)


def _csv_part(rows: Iterable[Sequence[Cell]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_plain(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _plain(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    if cell is None:
        return ""
    return safe_cell(cell) if isinstance(cell, str) else str(cell)


_letters = lru_cache(maxsize=1024)(xl_col_to_name)


def _xlsx_part(rows: Iterable[Sequence[Cell]], first: int) -> bytes:
    return "".join(_xlsx_row(cells, str(number)) for number, cells in enumerate(rows, first + 2)).encode()


def _xlsx_row(cells: Sequence[Cell], number: str) -> str:
    drawn = "".join(_xlsx_cell(cell, _letters(at) + number) for at, cell in enumerate(cells) if cell not in (None, ""))
    return f'<row r="{number}">{drawn}</row>'


def _xlsx_cell(cell: Cell, place: str) -> str:
    if isinstance(cell, str):
        text = cell[:LONGEST_TEXT].translate(_AS_XML)
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    if isinstance(cell, date) and (day := cell.date() if isinstance(cell, datetime) else cell) >= _FIRST_TRUE_DAY:
        seconds = cell.hour * 3600 + cell.minute * 60 + cell.second if isinstance(cell, datetime) else 0
        style = MOMENT if isinstance(cell, datetime) else DAY
        return f'<c r="{place}" s="{style}"><v>{(day - _FIRST_DAY).days + seconds / 86_400}</v></c>'
    if isinstance(cell, date):
        return _xlsx_cell(str(cell), place)
    return f'<c r="{place}"><v>{cell}</v></c>'


# Joined

HEADER, DAY, MOMENT = 1, 2, 3
"""The formats of the frame, in the order in which it uses them; 0 is the plain one."""


def join(
    file_format: str, title: str, headings: Sequence[Heading], parts: Iterable[bytes], count: int, into: IO[bytes]
) -> None:
    """Write the whole file of `count` rows."""
    if file_format == CSV:
        into.write("\ufeff".encode() + _csv_part([[heading.title for heading in headings]]))
        for one in parts:
            into.write(one)
    else:
        _join_xlsx(title, headings, parts, count, into)


def _join_xlsx(title: str, headings: Sequence[Heading], parts: Iterable[bytes], count: int, into: IO[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        frame = Path(folder) / "frame.xlsx"
        _make_frame(frame, title, headings, count)
        with (
            zipfile.ZipFile(frame) as source,
            zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as target,
        ):
            for name in source.namelist():
                if name != SHEET:
                    target.writestr(name, source.read(name))
            with target.open(SHEET, "w", force_zip64=True) as sheet:
                for text in _sheet(source.read(SHEET).decode(), headings, parts, count):
                    sheet.write(text)


def _make_frame(place: Path, title: str, headings: Sequence[Heading], count: int) -> None:
    """The header, and below it a row that is not kept: it puts the formats into their order."""
    with xlsxwriter.Workbook(place, {"constant_memory": True}) as book:
        bold, day, moment = (
            book.add_format({"bold": True}),
            book.add_format({"num_format": "yyyy-mm-dd"}),
            book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        )
        sheet = book.add_worksheet(_sheet_name(title))
        for at, heading in enumerate(headings):
            sheet.set_column(at, at, heading.width)
            sheet.write_string(0, at, heading.title, bold)
        sheet.write_blank(1, 0, None, day)
        sheet.write_blank(1, 1, None, moment)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, count, len(headings) - 1)


def _sheet_name(title: str) -> str:
    return re.sub(r"[\[\]:*?/\\']", " ", title)[:31].strip() or "Records"


def _sheet(frame: str, headings: Sequence[Heading], parts: Iterable[bytes], count: int) -> Iterator[bytes]:
    head, _, rest = frame.partition("</row>")
    last = f"{xl_col_to_name(len(headings) - 1)}{count + 1}"
    yield re.sub(r'<dimension ref="[^"]*"', f'<dimension ref="A1:{last}"', head).encode() + b"</row>"
    yield from parts
    yield f"</sheetData>{rest.partition('</sheetData>')[2]}".encode()
