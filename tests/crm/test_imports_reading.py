"""Files as people have them: encodings, separators, spreadsheets, and what is no table at all."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.errors import Invalid
from crm.imports.reading import look_at, read_rows, safe_cell

LINES = "Vorname{s}Nachname{s}E-Mail\nJörg{s}Müller{s}joerg@customer.example\n"


def read(data, name="people.csv"):
    file = io.BytesIO(data)
    layout = look_at(file, name)
    return layout, list(read_rows(file, layout.encoding, layout.separator))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"])
def test_encoding_and_separator_are_found(encoding, separator):
    layout, rows = read(LINES.format(s=separator).encode(encoding))
    assert layout.separator == separator
    assert layout.columns == ["Vorname", "Nachname", "E-Mail"]
    assert rows == [(2, ["Jörg", "Müller", "joerg@customer.example"])]


def test_quoted_line_breaks_and_empty_lines_keep_the_numbers_of_the_file():
    _, rows = read(b'Name,Email\n"Asha\nRao",a@x.example\n\nBen,b@x.example\r\n')
    assert rows == [(2, ["Asha\nRao", "a@x.example"]), (5, ["Ben", "b@x.example"])]


def test_two_hundred_columns_are_read_and_doubled_or_missing_names_told_apart():
    header = ",".join(["Email", "Email", "", *[f"C{n}" for n in range(197)]])
    layout, rows = read(f"{header}\n{','.join('x' for _ in range(200))}\n".encode())
    assert (len(layout.columns), layout.columns[:4]) == (200, ["Email", "Email (2)", "Column 3", "C0"])
    assert len(rows[0][1]) == 200


def test_the_hint_of_excel_about_the_separator_is_obeyed():
    layout, rows = read(b"sep=;\nName;Email\nAsha;a@x.example\n")
    assert (layout.columns, rows) == (["Name", "Email"], [(3, ["Asha", "a@x.example"])])


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "“it” is empty."),
        (b" \n\n", "“it” is empty."),
        (b"Name,Email\n", "“it” has no records in it"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "“it” is not a table."),
        (b"%PDF-1.7 something", "“it” is not a table."),
        (b"<!doctype html><p>Hi", "“it” is not a table."),
        (b"Asha,asha@customer.example\nBen,ben@customer.example\n", "The first line seems to be a record"),
        (b",".join(b"C%d" % n for n in range(501)) + b"\nx\n", "“it” has 501 columns; 500 is the most."),
    ],
)
def test_what_cannot_be_imported_is_told_in_a_sentence(data, sentence):
    with pytest.raises(Invalid) as problem:
        read(data, "it")
    assert problem.value.message.startswith(sentence)


def test_fifty_megabytes_are_read_without_loading_them():
    line = b"Asha,Rao,asha@customer.example," + b"x" * 170 + b"\n"
    data = b"First name,Last name,Email,Note\n" + line * (50 * 1024 * 1024 // len(line))
    file = io.BytesIO(data)
    layout = look_at(file, "big.csv")
    assert layout.lines == data.count(b"\n") - 1
    assert next(read_rows(file, layout.encoding, layout.separator))[0] == 2


@pytest.mark.parametrize(
    ("cell", "safe"),
    [("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("+49 151 234", "+49 151 234"), ("-5", "-5"), ("Asha", "Asha")],
)
def test_a_cell_that_would_run_as_a_formula_gets_an_apostrophe(cell, safe):
    assert safe_cell(cell) == safe


def test_what_was_guarded_against_formulas_comes_back_as_it_was():
    _, rows = read(b"Name,Note\nAsha,'=1+1\nBen,'quoted'\n")
    assert rows == [(2, ["Asha", "=1+1"]), (3, ["Ben", "'quoted'"])]


def test_an_encoding_and_a_separator_that_are_told_are_obeyed():
    file = io.BytesIO("Имя;Почта\nЮрий;yuri@x.example\n".encode("cp1251"))
    layout = look_at(file, "it", encoding="cp1251", separator=";")
    assert layout.columns == ["Имя", "Почта"]
    with pytest.raises(Invalid, match="is not readable as UTF-8") as refused:
        look_at(file, "it", encoding="utf-8", separator=";")
    assert refused.value.field == "encoding"
    with pytest.raises(Invalid, match="not an encoding we read"):
        look_at(file, "it", encoding="utf-7")
    with pytest.raises(Invalid, match="one character"):
        look_at(file, "it", separator="\n")


def test_names_in_every_script_come_through():
    names = ["अनन्या राव", "محمد علي", "王小明", "Ольга", "さくら", "김서연", "Ægir Þórsson", "יעל", "👩‍🚀 Zoë"]
    _, rows = read(("Name\n" + "\n".join(names) + "\n").encode())
    assert [cells[0] for _, cells in rows] == names


def test_a_zero_byte_is_left_for_its_line_to_complain_about():
    data = b"Name,Email\n" + b"Asha,a@x.example\n" * 5000 + b"Be\x00n,b@x.example\n"
    _, rows = read(data)
    assert rows[-1] == (5002, ["Be\x00n", "b@x.example"])


def test_a_gigabyte_is_refused_by_its_size_without_being_read():
    class Huge(io.BytesIO):
        def seek(self, offset, whence=0):
            return 1_073_741_824 if whence == io.SEEK_END else super().seek(offset, whence)

    with pytest.raises(Invalid, match=r"“huge\.csv” has 1,073 MB; 200 MB is the most"):
        look_at(Huge(b"Name\nAsha\n"), "huge.csv")


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.text(alphabet='aé,;\t|"\r\n\x00= \u2028', max_size=200).map(str.encode)))
def test_no_bytes_ever_break_the_reader(data):
    try:
        layout, rows = read(data)
    except Invalid:
        return
    assert layout.columns
    assert all(number > 0 and isinstance(cell, str) for number, cells in rows for cell in cells)
