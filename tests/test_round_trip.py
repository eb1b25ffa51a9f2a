"""Out as a file, two cells changed, in again: exactly those two change, of every kind of record that goes both ways."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from crm.actions.activities import log_activity
from crm.actions.bulk import start_run
from crm.actions.imports import check_import, map_import, revert_import, run_import, start_import
from crm.actions.tags import tag_records, tags_of
from crm.hooks import importers, records
from crm.models import Campaign, Import
from sales.actions.leads import capture_lead
from sales.actions.opportunities import open_opportunity
from sales.models import Competitor
from tests.factories.crm import AccountFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.custom_fields import every_custom_field

pytestmark = pytest.mark.django_db

TEXT = "Ægir «محمد» שרה 王芳"
LONG = "First line\r\n\r\n  =SUM(1)\n- Ольга\n"
EDITS = {
    "crm.account": {"city": "Πάτρα", "custom.plan": "silver"},
    "crm.contact": {"job_title": "=Chief", "custom.plan": "silver"},
    "sales.lead": {"source": "معرض", "custom.plan": "silver"},
    "sales.opportunity": {"pain_points": "None,\nreally", "custom.plan": "silver"},
    "sales.competitor": {"weaknesses": "-1 & <slow>", "products": "Όλα"},
    "crm.activity": {"outcome": "-1 & <done>", "location": "Café"},
}

HAS_CUSTOM_FIELDS = ("crm.account", "crm.contact", "sales.lead", "sales.opportunity")


@pytest.fixture
def world(settings, tmp_path, administrator):
    """What the records name: people, a team, a campaign, an account, somebody with an address and somebody without."""
    settings.MEDIA_ROOT = tmp_path
    owner = UserFactory(name="Olga Owner", email="olga@tandem.example", roles=["administrator"], is_superuser=True)
    return {
        "person": owner,
        "crm.team": TeamFactory(name="Nord"),
        "crm.campaign": Campaign.objects.create(name="Fair, 2026", owner=owner),
        "crm.account": AccountFactory(name="Holding, “AG”"),
        "crm.contact": ContactFactory(email="", first_name="No", last_name="Address"),
    }


def made(kind, by):
    """Two records of a kind, barely filled."""
    if kind == "crm.account":
        return [AccountFactory(name=f"Northwind {n}", number=f"N{n}") for n in (1, 2)]
    if kind == "crm.contact":
        return [ContactFactory(email=f"p{n}@northwind.example", last_name=f"Rao {n}") for n in (1, 2)]
    if kind == "crm.activity":
        return [log_activity(kind="call", subject=f"Call {n}", by=by) for n in (1, 2)]
    if kind == "sales.lead":
        return [capture_lead(topic="Demo", email=f"l{n}@x.example", last_name="Ito", by=by)[0] for n in (1, 2)]
    if kind == "sales.competitor":
        return [Competitor.objects.create(name=f"Volta {n}", created_by=by) for n in (1, 2)]
    return [open_opportunity(topic=f"Deal {n}", account=AccountFactory(), by=by) for n in (1, 2)]


def sample(field, world):
    """A value of the field's kind, as its column keeps it."""
    special = {"language": "de", "time_zone": "Europe/Berlin", "country": "IN", "currency": "EUR", "probability": 35}
    if field.name in special:
        return special[field.name]
    match field.kind:
        case "choice":
            return next(value for value, _label in reversed(field.choices()) if value)
        case "lookup":
            return world[field.to].pk
        case "person":
            return world["person"].pk
    return {
        "text": f"{TEXT} {field.name}", "longtext": LONG, "email": f"{field.name}@fill.example", "phone": "+49 30 123456",
        "url": "https://northwind.example/a?b=1,2", "number": 7, "money": Decimal("1234567.50"), "yesno": True,
        "day": date(2026, 3, 4), "moment": datetime(2027, 3, 4, 5, 6, tzinfo=UTC),
    }[field.kind]  # fmt: skip


def filled(kind, record, world, by):
    """Every field that an import may write says something, custom ones and tags included."""
    values = {}
    for field in records.get(kind).all_fields():
        if field.is_editable and not field.is_custom and field.name not in KEPT and field.kind != "tags":
            column = record._meta.get_field(field.name)
            value = sample(field, world)
            values[column.attname] = value[: column.max_length] if isinstance(value, str) else value
    if kind in HAS_CUSTOM_FIELDS:
        values["custom"] = {
            "nickname": "O’Hara", "story": "One\ntwo", "seats": 2.5, "budget": 99.5, "renewal": "2026-05-01", "plan": "gold",
            "colours": ["red", "blue"], "agreed": True, "page": "https://a.example", "partner": world["crm.account"].pk,
            "adviser": world["person"].pk, "desk": world["crm.team"].pk,
        }  # fmt: skip
    type(record)._base_manager.filter(pk=record.pk).update(**values)
    record.refresh_from_db()
    tag_records([record], ["fair", "vip"], by=by)


KEPT = ("name", "number", "email", "last_name", "topic", "subject", "revenue_mode", "direction", "ends_at", "parent")


FOLLOWS = ("version", "updated_at", "custom", "normal_version", "estimated_revenue_base", "place")


def said(kind, pks):
    """Everything that these records say, by id and field."""
    model = records.get(kind).model
    rows = model._base_manager.in_bulk(pks)
    tags = tags_of(list(rows.values()))
    made_by_the_program = {*FOLLOWS, *getattr(model, "form_columns", ())}
    told = {}
    for pk, row in rows.items():
        for field in model._meta.concrete_fields:
            if field.name not in made_by_the_program and not field.generated:
                told[pk, field.name] = getattr(row, field.attname)
        told |= {(pk, f"custom.{key}"): value for key, value in row.custom.items()}
        told[pk, "tags"] = sorted(tag.name for tag in tags.get(pk, []))
    return told


def exported(kind, pks, by, file_format):
    chosen = records.get(kind).model.objects.filter(pk__in=pks).order_by("pk")
    run = start_run(kind, "export", chosen, values={"format": file_format, "raw": True}, by=by)
    run.refresh_from_db()
    assert (run.status, run.done_count) == ("done", len(pks)), run.problem
    with run.file.open("rb") as file:
        return file.read()


def rewritten(data, file_format, edits):
    """The file as somebody saves it who has changed these cells of its first record."""
    if file_format == "csv":
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    else:
        rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    for name, value in edits.items():
        rows[1][rows[0].index(name)] = value
    if file_format == "csv":
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        return text.getvalue().encode()
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, cell, day)
                else:
                    sheet.write(number, column, cell)
    return out.getvalue()


def brought_in(kind, data, name, by, run_jobs):
    of = start_import(io.BytesIO(data), name, by, kind=kind)
    of = map_import(of, mapping=of.mapping, policy="update", by=by)
    check_import(of, by=by)
    run_jobs()
    of.refresh_from_db()
    run_import(of, by=by)
    run_jobs()
    return Import.objects.get(pk=of.pk)


def test_every_kind_that_goes_out_and_comes_in_is_tried():
    both = {kind.name for kind in records.all_kinds()} & {importer.name for importer in importers.all_importers()}
    assert set(EDITS) == both


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
@pytest.mark.parametrize("kind", EDITS)
def test_two_changed_cells_change_two_fields_and_nothing_else(kind, file_format, world, administrator, run_jobs):
    if kind in HAS_CUSTOM_FIELDS:
        every_custom_field(kind)
    rows = made(kind, administrator)
    for row in rows:
        filled(kind, row, world, administrator)
    pks = [row.pk for row in rows]
    run_jobs()
    before = said(kind, pks)
    data = rewritten(exported(kind, pks, administrator, file_format), file_format, EDITS[kind])
    of = brought_in(kind, data, f"again.{file_format}", administrator, run_jobs)
    assert (of.status, of.error_count) == ("done", 0), (of.problem, list(of.lines.values_list("problem", flat=True)))
    after = said(kind, pks)
    assert {key: after[key] for key in after if after[key] != before[key]} == {
        (pks[0], name): value for name, value in EDITS[kind].items()
    }
    assert (of.updated_count, of.unchanged_count) == (1, 1), list(of.lines.values("number", "verdict", "before"))
    revert_import(of, by=administrator)
    run_jobs()
    assert said(kind, pks) == before
