"""Activities and notes from a file, one by one: tied to a contact, an account, a lead or a deal; done where they were done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.actions.activities import cancel_activity, complete_activity, log_activity
from crm.actions.records import change_record
from crm.errors import Invalid
from crm.hooks import records
from crm.hooks.importers import Habits, Importer, Target, Values
from crm.imports import cells
from crm.imports.headers import WORDS
from crm.imports.row_work import ByRow, RowKind
from crm.imports.rows import FINDERS, Desk, Row, find_by_id
from crm.imports.targets import ID, may_assign, targets_of
from crm.models import Activity, User

Kind, Status = Activity.Kind, Activity.Status
KINDS = {
    "to do": "task", "todo": "task", "to-do": "task", "follow up": "task", "phone": "call", "phone call": "call",
    "call log": "call", "meeting": "appointment", "event": "appointment", "visit": "appointment", "e-mail": "email",
    "mail": "email", "memo": "note", "aufgabe": "task", "anruf": "call", "termin": "appointment", "notiz": "note",
}  # fmt: skip
STATES = {
    "completed": "done", "complete": "done", "closed": "done", "held": "done", "yes": "done", "erledigt": "done",
    "not started": "open", "in progress": "open", "scheduled": "open", "planned": "open", "no": "open", "offen": "open",
    "waiting on someone else": "open", "deferred": "open", "canceled": "cancelled", "no show": "cancelled",
}  # fmt: skip
WAYS = {"outgoing": "out", "outbound": "out", "sent": "out", "incoming": "in", "inbound": "in", "received": "in"}
REGARDING = Target(
    "regarding",
    _("Regarding"),
    words=("regarding", "relatedto", "whatid", "regardingobject", "betrifft"),
    max_length=80,
    to="crm.regarding",
    help=_("A record and its id, like “opportunity 12” or “lead 7”."),
)
SUBJECT_FITS = 200


def activity_targets(habits: Habits) -> list[Target]:
    left_out = ["direction", *([] if may_assign(habits.by, "crm.activity") else ["owner"])]
    own = targets_of("crm.activity", habits, leave_out=left_out)
    zone = habits.by.time_zone or "UTC"
    return [
        Target("kind", _("Kind"), "choice", WORDS["kind"], cells.one_of(Kind.choices, KINDS), 60),
        *own,
        Target("status", _("Status"), "choice", WORDS["status"], cells.one_of(Status.choices, STATES), 60),
        Target("done_at", _("Done"), "moment", WORDS["done_at"], cells.moment(habits.day_first, zone), 60),
        Target(
            "direction",
            _("Direction"),
            "choice",
            WORDS["direction"],
            cells.one_of(Activity.Direction.choices, WAYS),
            60,
        ),
        REGARDING,
        ID,
    ]


def note_targets(habits: Habits) -> list[Target]:
    names = ("body", "subject", "contact", "account", "owner", "tags", "team")
    own = {target.name: target for target in activity_targets(habits)}
    when = Target(
        "done_at",
        _("When"),
        "moment",
        (*WORDS["due_at"], "createdon", "createdate", "createddate"),
        own["done_at"].clean,
        60,
    )
    return [*(own[name] for name in names if name in own), when, REGARDING, ID]


def finish_note(values: Values) -> str:
    """A note without a title is called by its first line."""
    values["kind"] = Kind.NOTE.value
    if not values.get("subject") and values.get("body"):
        first = str(values["body"]).strip().splitlines()[0]
        values["subject"] = first if len(first) <= 80 else f"{first[:79]}…"
    return ""


def find(rows: Sequence[Row], desk: Desk) -> None:
    """By id; else the one that is the same in kind, subject, time (of a note: text) and people, so that the same file twice
    makes nothing twice.
    """
    rest = [row for row in find_by_id(rows, desk, Activity) if row.values.get("subject")]
    found: dict[tuple, Activity] = {}
    for column in ("contact", "account"):
        keys = {row.values[column].pk for row in rest if column in row.values}
        _collect(found, desk, {f"{column}__in": keys} if keys else None, rest)
    if any("contact" not in row.values and "account" not in row.values for row in rest):
        _collect(found, desk, {"owner__in": {_owner(row, desk) for row in rest}, "contact": None}, rest)
    for row in rest:
        row.record = found.get(_likeness(row))


def _collect(found: dict[tuple, Activity], desk: Desk, where: Mapping[str, Any] | None, rows: Sequence[Row]) -> None:
    if where is None:
        return
    subjects = {row.values["subject"] for row in rows}
    for one in Activity.objects.visible_to(desk.by).filter(subject__in=subjects, **where).order_by("-pk"):
        note = one.kind == Kind.NOTE
        found[one.kind, one.subject, one.body if note else one.due_at, one.contact_id] = one


def _likeness(row: Row) -> tuple:
    values = row.values
    kind = values.get("kind", Kind.TASK)
    told = values.get("body", "") if kind == Kind.NOTE else values.get("due_at")
    return kind, values["subject"], told, getattr(values.get("contact"), "pk", None)


def _owner(row: Row, desk: Desk) -> int:
    return getattr(row.values.get("owner"), "pk", None) or desk.by.pk


def missing(row: Row, desk: Desk) -> str:
    values = row.values
    if not values.get("subject"):
        return "The text of the note is missing." if values.get("kind") == Kind.NOTE else "Subject is missing."
    due, ends = values.get("due_at"), values.get("ends_at")
    if ends and due and ends < due:
        return "It cannot end before it starts."
    if (done := values.get("done_at")) and done > timezone.now():
        return "It cannot have been done in the future."
    return ""


def create(values: Values, desk: Desk) -> Activity:
    said = {name: value for name, value in values.items() if name in LOGGED}
    status = values.get("status")
    kind = values.get("kind", Kind.TASK)
    is_done = {Status.DONE: True, Status.OPEN: False, Status.CANCELLED: False}.get(status) if status else None
    activity = log_activity(
        **{**said, "kind": kind, "subject": values["subject"][:SUBJECT_FITS]}, is_done=is_done, by=desk.by
    )
    if status == Status.CANCELLED:
        activity = cancel_activity(activity, by=desk.by)
    return activity


LOGGED = (
    "body", "direction", "outcome", "location", "due_at", "ends_at", "done_at", "contact", "account", "owner", "regarding",
    "custom",
)  # fmt: skip


def change(activity: Activity, values: Values, desk: Desk) -> Activity:
    status = values.pop("status", None)
    if values:
        activity = change_record(activity, values, by=desk.by)
    match status:
        case Status.DONE:
            return complete_activity(activity, by=desk.by)
        case Status.CANCELLED:
            return cancel_activity(activity, by=desk.by)
        case Status.OPEN:
            raise Invalid("What was done or cancelled is not opened again by an import.", field="status")
    return activity


FIXED = frozenset(("kind", "done_at", "regarding"))


def regarding(texts: set[str], user: User) -> Mapping[str, Any]:
    """“opportunity 12”, “lead:7” -> the record, where the user may see it."""
    kinds = {str(kind.label).casefold(): kind for kind in records.all_kinds()}
    kinds |= {kind.name: kind for kind in records.all_kinds()}
    found: dict[str, Any] = {}
    for text in texts:
        noun, _space, number = text.casefold().replace(":", " ").replace("#", " ").rpartition(" ")
        if (kind := kinds.get(noun.strip())) and number.isdecimal():
            model: Any = kind.model
            if record := model.objects.visible_to(user).filter(pk=int(number)).first():
                found[text] = record
    return found


FINDERS["crm.regarding"] = regarding

ACTIVITIES = Importer(
    name="crm.activity",
    label=_("Activities"),
    icon="checkbox",
    targets=activity_targets,
    work=ByRow(RowKind(Activity, "crm.activity", "activity", create, change, find, missing, fixed=FIXED)),
    recognised=_("A known activity is recognised by its id; one of the same kind, subject, time and person is not made twice."),
    list_url="crm:activities",
    related=_("Accounts that are named and not known are made; so are new tags."),
    examples=(
        ("Kind", "Subject", "Text", "Due", "Status", "Contact", "Account", "Owner"),
        ("Phone call", "Ask about the renewal", "Budget is free from May", "2026-10-31 14:00", "Done", "asha@northwind.example", "", ""),
    ),
    order=50,
)  # fmt: skip
NOTES = Importer(
    name="crm.note",
    resource="crm.activity",
    label=_("Notes"),
    icon="note",
    targets=note_targets,
    work=ByRow(RowKind(Activity, "crm.activity", "note", create, change, find, missing, fixed=FIXED)),
    recognised=_("A known note is recognised by its id; one of the same title and person is not made twice."),
    list_url="crm:activities",
    finish=finish_note,
    related=_("Accounts that are named and not known are made; so are new tags."),
    examples=(
        ("Text", "When", "Contact", "Account", "Regarding", "Owner"),
        ("Prefers to be called in the morning.", "2026-10-31", "asha@northwind.example", "", "", ""),
    ),
    order=60,
)
