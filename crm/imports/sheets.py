"""A workbook (.xlsx) -> a CSV with the numbers of its rows, in a process of its own: whatever is in the file, ours lives.

    python -m crm.imports.sheets workbook.xlsx out.csv ["Sheet 2"]

Before anything is parsed, the archive is unpacked into nothing and counted, since what an archive says of itself may be
a lie: a small file may hold gigabytes, and two cells may span a table of seventeen thousand million.
"""

from __future__ import annotations

import csv
import json
import re
import resource
import subprocess
import sys
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from crm.errors import Invalid

MEGABYTE = 1024 * 1024
MAX_BYTES = 50 * MEGABYTE
MAX_UNPACKED = 500 * MEGABYTE
MAX_RATIO = 200
"""What people save is packed to a tenth; a bomb to a thousandth. Below `SMALL` nobody asks."""
SMALL = 10 * MEGABYTE
MAX_PARTS = 2000
MAX_CELLS = 8_000_000
MAX_SECONDS = 90
MAX_MEMORY = 3 * 1024 * MEGABYTE
ROW = re.compile(rb'<row r="(\d{5,7})')
FAR = re.compile(rb' r="(?:([A-Z]{2,3})(\d+)|[A-Z]?([3-9]\d{5}|\d{7}))"')
"""Cells right of the 26th column or below row 299,999; all of them would be too many to look at. Who writes a workbook
otherwise to deceive us meets the limits of the other process.
"""
AS_CSV = "Save it as .xlsx again, or as CSV, and upload that."


@dataclass(frozen=True)
class Sheets:
    """What a workbook holds: the names of its sheets, which one was read, and how many rows it has, header included."""

    names: list[str]
    chosen: str
    rows: int


def is_workbook(head: bytes) -> bool:
    return head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))


def read_sheet(path: str | Path, out: str | Path, name: str, sheet: str = "") -> Sheets:
    """Write the rows of a sheet (the first one that is not empty, unless one is named) to `out`.

    Raises Invalid with a sentence: no workbook, too big, too wide, damaged, protected. `name` is the file's name for it.
    """
    with open(path, "rb") as file:
        weigh(file, name)
    command = [sys.executable, "-m", "crm.imports.sheets", str(path), str(out), sheet]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=MAX_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Invalid(f"“{name}” takes too long to read. Save it as CSV and upload that.", field="file") from None
    if done.returncode:
        raise Invalid(f"“{name}” cannot be opened as a workbook. {AS_CSV}", field="file")
    answer = json.loads(done.stdout)
    if problem := answer.get("problem"):
        raise Invalid(problem.format(name=name), field=answer["field"])
    return Sheets(**answer)


def weigh(file: IO[bytes], name: str) -> None:
    """Raises Invalid unless this is an .xlsx that unpacks to something of a size we can hold."""
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError):
        raise Invalid(f"“{name}” is no workbook of today's Excel, or it is damaged. {AS_CSV}", field="file") from None
    parts = archive.infolist()
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise Invalid(f"“{name}” is no Excel workbook (.xlsx). {AS_CSV}", field="file")
    if len(parts) > MAX_PARTS:
        raise Invalid(f"“{name}” consists of {len(parts)} parts; {MAX_PARTS} is the most. {AS_CSV}", field="file")
    packed = sum(part.compress_size for part in parts) or 1
    unpacked = 0
    for part in parts:
        extent = _Extent() if part.filename.startswith("xl/worksheets/") else None
        for chunk in _unpacked(file, part, name):
            unpacked += len(chunk)
            if unpacked > MAX_UNPACKED or (unpacked > SMALL and unpacked / packed > MAX_RATIO):
                raise Invalid(
                    f"“{name}” unpacks to more than {unpacked // MEGABYTE} MB, which no list of records does. {AS_CSV}",
                    field="file",
                )
            if extent is not None and extent.grow(chunk) > MAX_CELLS:
                raise Invalid(
                    f"A sheet of “{name}” spans more than {MAX_CELLS:,} cells. Delete what lies far outside the table, "
                    "or save the table as CSV.",
                    field="file",
                )


class _Extent:
    """How large a table the cells seen so far span; the reader would make room for all of it."""

    def __init__(self) -> None:
        self.rows, self.columns, self.cells = 9_999, 26, 0
        self.rest = b""

    def grow(self, chunk: bytes) -> int:
        text = self.rest + chunk
        cut = text.rfind(b">") + 1
        text, self.rest = text[:cut], text[cut:][-200:]
        self.cells += text.count(b"<c ") + text.count(b":c ")
        self.rows = max(self.rows, *map(int, ROW.findall(text)), 0)
        for letters, below, alone in FAR.findall(text):
            self.rows = max(self.rows, int(below or alone))
            self.columns = max(self.columns, _column(letters))
        return max(self.cells, self.rows * self.columns)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _unpacked(file: IO[bytes], part: zipfile.ZipInfo, name: str) -> Any:
    """The part's bytes as they really come out, not as many as the archive promises."""
    file.seek(part.header_offset + 26)
    sizes = file.read(4)
    file.seek(part.header_offset + 30 + int.from_bytes(sizes[:2], "little") + int.from_bytes(sizes[2:], "little"))
    left = part.compress_size
    inflate = zlib.decompressobj(-15) if part.compress_type == zipfile.ZIP_DEFLATED else None
    if (inflate is None and part.compress_type != zipfile.ZIP_STORED) or part.flag_bits & 1:
        raise Invalid(f"“{name}” is protected or packed in a way we do not read. {AS_CSV}", field="file")
    while left > 0 and (packed := file.read(min(left, 65536))):
        left -= len(packed)
        try:
            while packed:
                yield inflate.decompress(packed, MEGABYTE) if inflate else packed
                packed = inflate.unconsumed_tail if inflate else b""
        except zlib.error:
            raise Invalid(f"“{name}” is damaged. {AS_CSV}", field="file") from None


# In the process of its own


def main(path: str, out: str, wanted: str) -> dict[str, Any]:
    from python_calamine import CalamineError, CalamineWorkbook

    _limit()
    try:
        book = CalamineWorkbook.from_path(path)
        names = list(book.sheet_names)
        if wanted and wanted not in names:
            return {"problem": f"“{{name}}” has no sheet “{wanted}”. It has: {', '.join(names)}.", "field": "sheet"}
        for name in [wanted] if wanted else names:
            sheet = book.get_sheet_by_name(name)
            if rows := _write(sheet, out):
                return {"names": names, "chosen": name, "rows": rows}
    except (CalamineError, OSError, ValueError):
        return {"problem": f"“{{name}}” cannot be opened as a workbook. {AS_CSV}", "field": "file"}
    where = f"The sheet “{wanted}” of “{{name}}”" if wanted else "“{name}”"
    return {"problem": f"{where} is empty.", "field": "sheet" if wanted else "file"}


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))


def _write(sheet: Any, out: str) -> int:
    """The rows that are not empty, each with its number in the sheet; answers how many."""
    if not sheet.height:
        return 0
    count = 0
    with open(out, "w", encoding="utf-8", newline="", errors="replace") as file:
        writer = csv.writer(file)
        for number, row in enumerate(sheet.iter_rows(), start=1):
            cells = [_as_text(cell) for cell in row]
            if any(cells):
                writer.writerow([number, *cells])
                count += 1
    return count


def _as_text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes") if value.time() != value.min.time() else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:4])))  # noqa: T201
