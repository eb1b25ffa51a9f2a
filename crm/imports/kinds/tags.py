"""Tags from a file: each line names a record and the words to put on it. Words that no tag has yet become tags."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.errors import Invalid
from crm.hooks import records
from crm.hooks.importers import Habits, Importer, Target, Values
from crm.imports import reverting, targets
from crm.imports.headers import WORDS
from crm.imports.kinds.activities import REGARDING, regarding
from crm.imports.row_work import ByRow, RowKind
from crm.imports.rows import Desk, Row
from crm.imports.staging import UPDATE, Span
from crm.models import Contact, ImportLine, Tag, User

NAMED_BY = ("contact", "account", "regarding")


def tag_targets(habits: Habits) -> list[Target]:
    return [
        Target("tags", _("Tags"), "tags", WORDS["tags"], targets.tags(habits)),
        Target("contact", _("Contact"), "lookup", WORDS["contact"], None, 300, "crm.contact", help=_("Email or id.")),
        Target(
            "account", _("Account"), "lookup", WORDS["account"], None, 300, "crm.account", help=_("Name, number or id.")
        ),
        REGARDING,
    ]


def complaint(names: set[str], creates: bool) -> str:
    if "tags" not in names:
        return "No column is mapped to “Tags”."
    if not names & set(NAMED_BY):
        return "No column says which record is tagged. Map “Contact”, “Account” or “Regarding”."
    return ""


def find(rows: Sequence[Row], desk: Desk) -> None:
    for row in rows:
        row.record = next((row.values[name] for name in NAMED_BY if name in row.values), None)


def missing(row: Row, desk: Desk) -> str:
    if row.new:
        return f"There is no account “{row.new['account'][:80]}” that you may see."
    return "The line names no record to tag."


def create(values: Values, desk: Desk) -> Any:
    raise Invalid("The line names no record to tag.")


class Tagging(ByRow):
    """Every line is about a known record, of whatever kind it names."""

    def take_back(self, span: Span, by: User, now: datetime) -> None:
        lines = list(span.lines().filter(verdict=UPDATE, undone=""))
        for line in lines:
            record = _record_of(line, by)
            reverting.settle(line, reverting.put_back(record, line.before or {}, by) if record else reverting.GONE)
        ImportLine.objects.bulk_update(lines, ["undone", "problem"], batch_size=500)

    def as_it_is(self, lines: Sequence[ImportLine], user: User) -> dict[int, Values]:
        return {line.pk: {} for line in lines}


def _record_of(line: ImportLine, by: User) -> Any:
    if "regarding" in line.values and not {"contact", "account"} & set(line.values):
        text = line.values["regarding"]
        return regarding({text}, by).get(text)
    model: Any = Contact if "contact" in line.values else records.get("crm.account").model
    return model.objects.reachable_by(by, "change").filter(pk=line.record_id).first()


IMPORTER = Importer(
    name="crm.tag",
    resource="crm.contact",
    label=_("Tags"),
    icon="tags",
    targets=tag_targets,
    work=Tagging(RowKind(Tag, "crm.tag", "record", create, None, find, missing)),
    recognised=_(
        "Each line names a record, by email, name, number or id, and the tags to put on it. Its other tags stay."
    ),
    complaint=complaint,
    related=_("New tags are made."),
    examples=(("Contact", "Tags"), ("asha@northwind.example", "fair, vip")),
    order=90,
)
