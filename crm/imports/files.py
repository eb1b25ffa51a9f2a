"""The files of an import: taken in, read again in another way, read line by line, and what could not be used handed back."""

from __future__ import annotations

import contextlib
import csv
import io
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from django.core.files.base import File

from crm.errors import Invalid
from crm.imports import reading, sheets
from crm.imports.reading import Row, safe_cell
from crm.models import Import, ImportLine

EXTRA = ("Line", "Problem")


def take_in(of: Import, file: IO[bytes], *, encoding: str = "", separator: str = "", sheet: str = "") -> None:
    """Look at the file, and keep how it is read on the import, unsaved. Raises Invalid with a sentence."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if sheets.is_workbook(file.read(8)):
        reading.must_fit(size, of.file_name, sheets.MAX_BYTES)
        _take_workbook_in(of, file, sheet)
        return
    if sheet:
        raise Invalid("Only a workbook has sheets.", field="sheet")
    layout = reading.look_at(file, of.file_name, encoding=encoding, separator=separator)
    of.encoding, of.separator, of.columns, of.total = layout.encoding, layout.separator, layout.columns, layout.lines


def _take_workbook_in(of: Import, file: IO[bytes], sheet: str) -> None:
    with tempfile.TemporaryDirectory(prefix="tandem-import-") as folder:
        source, rows = Path(folder, "book.xlsx"), Path(folder, "rows.csv")
        file.seek(0)
        with source.open("wb") as copy:
            while chunk := file.read(reading.MEGABYTE):
                copy.write(chunk)
        found = sheets.read_sheet(source, rows, of.file_name, sheet)
        with rows.open("rb") as read:
            _, header = next(reading.read_numbered(read))
        if found.rows < 2:
            raise reading.nothing_below(of.file_name)
        of.encoding = of.separator = ""
        of.sheets, of.sheet = found.names, found.chosen[:100]
        of.columns, of.total = reading.column_names(header, of.file_name), found.rows - 1
        with rows.open("rb") as read:
            of.rows.save("rows.csv", File(read), save=False)


def rows_of(of: Import) -> Iterator[Row]:
    """The rows below the header: (number in the file, cells)."""
    if of.rows:
        with of.rows.open("rb") as file:
            rows = reading.read_numbered(file)
            next(rows, None)
            yield from rows
        return
    with of.file.open("rb") as file:
        yield from reading.read_rows(file, of.encoding, of.separator)


def sample_rows(of: Import, count: int = 5) -> list[list[str]]:
    """The first lines of the file, for whoever maps it. Where it breaks off, the check will say so, with its line."""
    rows = []
    with contextlib.suppress(Invalid):
        for _, cells in islice(rows_of(of), count):
            rows.append(cells + [""] * (len(of.columns) - len(cells)))
    return rows


# What could not be used


def error_rows(of: Import) -> Iterator[list[Any]]:
    """The header, then the lines with errors as they stood in the file, each with its line and reason: to mend and import
    again.
    """
    problems = of.lines.filter(verdict=ImportLine.Verdict.ERROR).order_by("number")
    waiting = problems.values_list("number", "problem").iterator(chunk_size=2000)
    left_out = [index for index, name in enumerate(of.columns) if name in EXTRA]
    yield [*_without(left_out, of.columns), *EXTRA]
    wanted, why = next(waiting, (0, ""))
    for number, cells in rows_of(of):
        if number == wanted:
            filled = (cells + [""] * len(of.columns))[: len(of.columns)]
            yield [*_without(left_out, filled), number, why]
            wanted, why = next(waiting, (0, ""))
        if not wanted:
            return


def _without(left_out: list[int], cells: list[str]) -> list[str]:
    """A file of errors that comes back with new errors has these two columns already."""
    return [cell for index, cell in enumerate(cells) if index not in left_out]


def errors_as_text(of: Import) -> Iterator[bytes]:
    """As the file was: its separator, its encoding; letters that the encoding lacks make it UTF-8."""
    separator, encoding = of.separator or ",", of.encoding or "utf-8-sig"
    mark = encoding in ("utf-8-sig", "utf-16")
    coder = "utf-8" if encoding == "utf-8-sig" else "utf-16-le" if encoding == "utf-16" else encoding
    if mark:
        yield "\ufeff".encode(coder)
    writer = csv.writer(_Echo(), delimiter=separator)
    for row in error_rows(of):
        yield writer.writerow([safe_cell(str(cell)) for cell in row]).encode(coder, errors="replace")


def errors_as_workbook(of: Import, path: str) -> None:
    """The same as .xlsx, written row by row. Text stays text: nothing in it is a formula."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet("Errors")
        for number, row in enumerate(error_rows(of)):
            sheet.write_row(number, 0, row)


class _Echo:
    """What csv.writer writes to where each row is to be handed on at once."""

    def write(self, value: str) -> str:
        return value
