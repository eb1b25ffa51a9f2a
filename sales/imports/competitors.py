"""Competitors from a file, recognised by their name."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from crm.actions.records import change_record, create_record
from crm.hooks import records
from crm.hooks.importers import Habits, Importer, Target, Values
from crm.imports.row_work import ByRow, RowKind
from crm.imports.rows import Desk, Row, find_by_id
from crm.imports.targets import ID, may_assign, targets_of
from sales.models import Competitor

KIND = "sales.competitor"


def targets(habits: Habits) -> list[Target]:
    return [*targets_of(KIND, habits, leave_out=[] if may_assign(habits.by, KIND) else ["owner"]), ID]


def complaint(names: set[str], creates: bool) -> str:
    return "" if names & {"id", "name"} else "No column is mapped to “Name”, by which a competitor is recognised."


def key(values: Values) -> str:
    return f"id:{values['id']}" if "id" in values else str(values.get("name", "")).lower()


def find(rows: Sequence[Row], desk: Desk) -> None:
    rest = [row for row in find_by_id(rows, desk, Competitor) if "name" in row.values]
    names = {row.values["name"].lower() for row in rest}
    known = {one.lower: one for one in Competitor.objects.alive().annotate(lower=Lower("name")).filter(lower__in=names)}
    for row in rest:
        row.record = known.get(row.values["name"].lower())


def missing(row: Row, desk: Desk) -> str:
    return "" if "name" in row.values else "Name is missing."


def create(values: Values, desk: Desk) -> Competitor:
    said = {name: value for name, value in values.items() if name not in ("id", "tags")}
    made: Competitor = create_record(records.get(KIND), said, by=desk.by, found_by="import")
    return made


def change(competitor: Competitor, values: Values, desk: Desk) -> Competitor:
    changed: Competitor = change_record(competitor, values, by=desk.by)
    return changed


IMPORTER = Importer(
    name=KIND,
    label=_("Competitors"),
    icon="swords",
    targets=targets,
    work=ByRow(RowKind(Competitor, KIND, "competitor", create, change, find, missing)),
    recognised=_("A known competitor is recognised by its id, else by its name."),
    list_url="sales:competitors",
    complaint=complaint,
    key=key,
    same_key="The same competitor stands in line {line}.",
    related=_("New tags are made."),
    examples=(
        ("Name", "Website", "Products", "Strengths", "Weaknesses"),
        ("Volta", "https://volta.example", "Leased cargo bikes", "Large fleet", "Slow repairs"),
    ),
    order=90,
)
