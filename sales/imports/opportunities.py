"""Opportunities from a file: opened as by hand, in the stage they stand in; won and lost where they were."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.actions.records import change_record
from crm.hooks.importers import Habits, Importer, Target, Values
from crm.imports import cells
from crm.imports.headers import WORDS
from crm.imports.row_work import ByRow, RowKind
from crm.imports.rows import Desk, Row, find_by_id
from crm.imports.targets import ID, may_assign, targets_of
from sales.actions.closing import lose_opportunity, win_opportunity
from sales.actions.opportunities import open_opportunity
from sales.models import Competitor, LostReason, Opportunity, OpportunityStatus, Stage
from sales.models.opportunities import USUAL_PROBABILITY

Status = OpportunityStatus
STATES = {"closed won": "won", "closedwon": "won", "closed lost": "lost", "closedlost": "lost"}
FIXED = frozenset(("stage", "status", "lost_reason", "lost_to", "actual_revenue", "closed_on"))


def targets(habits: Habits) -> list[Target]:
    own = targets_of(
        "sales.opportunity", habits, leave_out=[] if may_assign(habits.by, "sales.opportunity") else ["owner"]
    )
    return [
        *own,
        Target("stage", _("Stage"), "choice", WORDS["stage"], cells.one_of(Stage.choices), 60),
        Target("status", _("Status"), "choice", WORDS["status"], cells.one_of(Status.choices, STATES), 60),
        Target("lost_reason", _("Lost because"), "choice", ("lostreason", "closedlostreason"), cells.one_of(LostReason.choices), 60),
        Target("lost_to", _("Lost to"), "lookup", ("lostto", "lostcompetitor", "competitor"), _competitor(habits), 200, row_of="sales.competitor"),
        Target("actual_revenue", _("Actual revenue"), "money", WORDS["actual_revenue"], cells.number(habits.decimal_comma), 60),
        Target("closed_on", _("Closed on"), "day", WORDS["closed_on"], cells.day(habits.day_first), 40),
        ID,
    ]  # fmt: skip


def _competitor(habits: Habits) -> Callable[[str], Any]:
    """By name, or by id: one that the importer sees."""

    def rows() -> Mapping[str, Any]:
        seen = Competitor.objects.visible_to(habits.by).values_list("pk", "name")
        return cells.by_names((pk, name, pk) for pk, name in seen)

    return cells.row_named(rows, "competitor")


def complaint(names: set[str], creates: bool) -> str:
    if creates and not {"topic"} <= names:
        return "No column is mapped to “Topic”, and a new opportunity needs one."
    return ""


def find(rows: Sequence[Row], desk: Desk) -> None:
    """By id; else the one of the same topic and customer, so that the same file twice makes nothing twice."""
    rest = [row for row in find_by_id(rows, desk, Opportunity) if "topic" in row.values]
    for column in ("account", "contact"):
        named = {row.values[column].pk for row in rest if row.record is None and column in row.values}
        same = (
            Opportunity.objects.visible_to(desk.by).filter(**{f"{column}__in": named}).order_by("-pk") if named else ()
        )
        known = {(one.topic, getattr(one, f"{column}_id")): one for one in same}
        for row in rest:
            if row.record is None and column in row.values:
                row.record = known.get((row.values["topic"], row.values[column].pk))


def missing(row: Row, desk: Desk) -> str:
    if "topic" not in row.values:
        return "Topic is missing."
    if not (row.values.get("account") or row.values.get("contact") or row.new):
        return "An opportunity needs a customer: an account or a contact."
    if row.values.get("status") == Status.LOST and not row.values.get("lost_reason"):
        return "It was lost, and the line does not say why."
    if row.values.get("lost_to") and row.values.get("status") != Status.LOST:
        return "It names to whom it was lost, and its status is not “Lost”."
    return ""


def create(values: Values, desk: Desk) -> Opportunity:
    said = {name: value for name, value in values.items() if name not in FIXED and name not in ("id", "tags")}
    if stage := values.get("stage"):
        said["stage"] = stage
        said.setdefault("probability", USUAL_PROBABILITY[Stage(stage)])
    opportunity = open_opportunity(by=desk.by, **said)
    match values.get("status"):
        case Status.WON:
            revenue = values.get("actual_revenue", opportunity.estimated_revenue)
            return win_opportunity(
                opportunity, revenue=revenue, closed_on=values.get("closed_on"), is_history=True, by=desk.by
            )
        case Status.LOST:
            reason = values["lost_reason"]
            to, day = values.get("lost_to"), values.get("closed_on")
            return lose_opportunity(opportunity, reason=reason, competitor=to, closed_on=day, by=desk.by)
    return opportunity


def change(opportunity: Opportunity, values: Values, desk: Desk) -> Opportunity:
    changed: Opportunity = change_record(opportunity, values, by=desk.by)
    return changed


IMPORTER = Importer(
    name="sales.opportunity",
    label=_("Opportunities"),
    icon="target",
    targets=targets,
    work=ByRow(RowKind(Opportunity, "sales.opportunity", "opportunity", create, change, find, missing, fixed=FIXED)),
    recognised=_(
        "A known opportunity is recognised by its id, else by its topic and customer. Its stage moves by hand only."
    ),
    list_url="sales:opportunities",
    complaint=complaint,
    related=_("Accounts that are named and not known are made; so are new tags."),
    examples=(
        ("Topic", "Account", "Contact", "Estimated revenue", "Currency", "Estimated close", "Stage", "Status", "Owner"),
        ("Renewal", "Northwind", "asha@northwind.example", "48000", "EUR", "2026-11-30", "Develop", "Open", ""),
    ),
    order=40,
)
