"""Workbooks as people have them, and as nobody should have them: bombs, liars, strangers."""

import io
import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter

from crm.errors import Invalid
from crm.imports import files, sheets
from crm.models import Import


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def book(**rows_by_sheet):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as made:
        day = made.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in rows_by_sheet.items():
            sheet = made.add_worksheet(name)
            for number, row in rows.items():
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(number, column, cell, day)
                    else:
                        sheet.write(number, column, cell)
    return out.getvalue()


def taken(data, **how):
    of = Import(file_name="people.xlsx")
    files.take_in(of, io.BytesIO(data), **how)
    return of


def test_a_workbook_is_read_with_the_numbers_of_its_rows():
    rows = {
        2: ["Name", "Postal code", "Since", "At", "Share", "Is it", "Sum"],
        3: ["Asha Rao", 411001, date(2026, 10, 31), datetime(2026, 10, 31, 14, 5), 0.5, True, "=1+1"],
        7: ["يعل", 1, date(2026, 1, 2), datetime(2026, 1, 2), 12.25, False, ""],
    }
    of = taken(book(People=rows))
    assert (of.encoding, of.sheets, of.sheet, of.total) == ("", ["People"], "People", 2)
    assert of.columns == ["Name", "Postal code", "Since", "At", "Share", "Is it", "Sum"]
    assert list(files.rows_of(of)) == [
        (4, ["Asha Rao", "411001", "2026-10-31", "2026-10-31 14:05", "0.5", "True", "0"]),
        (8, ["يعل", "1", "2026-01-02", "2026-01-02", "12.25", "False", ""]),
    ]


def test_the_first_sheet_with_something_in_it_is_read_unless_another_is_chosen():
    data = book(Empty={}, People={0: ["Name"], 1: ["Asha"]}, More={0: ["Company"], 1: ["Northwind"]})
    of = taken(data)
    assert (of.sheets, of.sheet, of.columns) == (["Empty", "People", "More"], "People", ["Name"])
    of = taken(data, sheet="More")
    assert (of.sheet, of.columns, list(files.rows_of(of))) == ("More", ["Company"], [(2, ["Northwind"])])
    for wanted, sentence in (("Empty", "is empty"), ("Nowhere", "has no sheet “Nowhere”")):
        with pytest.raises(Invalid, match=sentence) as refused:
            taken(data, sheet=wanted)
        assert refused.value.field == "sheet"


def packed(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def with_sheet(xml):
    """A good workbook whose sheet is replaced."""
    good = zipfile.ZipFile(io.BytesIO(book(People={0: ["Name"], 1: ["Asha"]})))
    parts = {name: good.read(name) for name in good.namelist()}
    return packed({**parts, "xl/worksheets/sheet1.xml": xml})


def lying(data):
    """The same archive, which says of its sheet that it holds ten bytes."""
    central = data.rindex(b"PK\x01\x02", 0, data.rindex(b"xl/worksheets/sheet1.xml"))
    return data[: central + 24] + (10).to_bytes(4, "little") + data[central + 28 :]


BOMB = b"<worksheet><sheetData>" + b"<row r='1'><c/></row>" * 1_500_000
FAR = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (lambda: with_sheet(BOMB), "“people.xlsx” unpacks to more than 16 MB, which no list of records does."),
        (lambda: lying(with_sheet(BOMB)), "“people.xlsx” unpacks to more than 16 MB"),
        (lambda: with_sheet(FAR), "A sheet of “people.xlsx” spans more than 8,000,000 cells."),
        (lambda: with_sheet(b"<worksheet><sheetData><row"), "“people.xlsx” cannot be opened as a workbook."),
        (lambda: packed({"word/document.xml": "Hello"}), "“people.xlsx” is no Excel workbook (.xlsx)."),
        (
            lambda: packed({f"xl/{n}.xml": "" for n in range(2100)} | {"xl/workbook.xml": ""}),
            "“people.xlsx” consists of",
        ),
        (lambda: book(People={0: ["Name"], 1: ["Asha"]})[:-200], "“people.xlsx” is no workbook of today's Excel"),
        (lambda: b"PK\x03\x04 but broken", "“people.xlsx” is no workbook of today's Excel"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "“people.xlsx” is no workbook of today's Excel"),
        (lambda: book(People={}), "“people.xlsx” is empty."),
        (lambda: book(People={0: ["Name", "Email"]}), "“people.xlsx” has no records in it"),
        (lambda: b"\x89PNG\r\n\x1a\n\x00\x00", "“people.xlsx” is not a table."),
    ],
)
def test_what_is_no_workbook_or_a_trap_is_told_in_a_sentence(data, sentence, tmp_path):
    with pytest.raises(Invalid) as refused:
        taken(data())
    assert refused.value.message.startswith(sentence)
    assert list(tmp_path.rglob("*.*")) == []


def test_a_workbook_of_too_many_megabytes_is_not_even_unpacked(monkeypatch):
    monkeypatch.setattr(sheets, "MAX_BYTES", 1000)
    with pytest.raises(Invalid, match="0 MB is the most"):
        taken(book(People={0: ["Name"], 1: ["Asha"]}))


def test_what_a_file_is_called_does_not_matter_only_what_it_is():
    of = Import(file_name="people.csv")
    files.take_in(of, io.BytesIO(book(People={0: ["Name", "Company"], 1: ["שרה", "=SUM(1)"]})))
    assert (of.sheet, of.columns, list(files.rows_of(of))) == ("People", ["Name", "Company"], [(2, ["שרה", "0"])])
    of = taken("Name,Company\nمحمد,'=SUM(1)\n".encode())
    assert (of.sheet, of.encoding, of.columns, of.total) == ("", "utf-8", ["Name", "Company"], 1)


def test_a_csv_has_no_sheets():
    with pytest.raises(Invalid, match="Only a workbook has sheets"):
        taken(b"Name\nAsha\n", sheet="One")
