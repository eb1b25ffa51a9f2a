"""Put people on a list (a segment filled by hand), or take them off; what listens to the list hears of it."""

from __future__ import annotations

from datetime import datetime

from django import forms

from crm.errors import NotAllowed
from crm.models import Contact
from journeys.names import all_rows, name_of, quoted, row_of
from journeys.steps.batch import NEXT, Answer, Batch
from journeys.steps.kind import Foretold, Params, StepForm, StepKind, register
from marketing.actions.segments import add_members, remove_members
from marketing.models import Segment, SegmentMember

ADD, REMOVE = "add", "remove"
GONE = "The list does not exist any more. Choose another one."


def lists() -> list[tuple[object, str]]:
    found = all_rows(Segment).values()
    return [("", "Choose a list…"), *((one.pk, one.name) for one in found if one.kind == Segment.Kind.STATIC)]


class ListForm(StepForm):
    do = forms.ChoiceField(label="What", choices=[(ADD, "Put on the list"), (REMOVE, "Take off the list")], initial=ADD)
    list = forms.TypedChoiceField(
        label="List",
        coerce=int,
        choices=lists,
        error_messages={"invalid_choice": "Choose a list that is filled by hand and still exists."},
        help_text="A segment that is filled by hand; one with a rule fills itself.",
    )


def _list(params: Params) -> Segment | None:
    found = row_of(Segment, params.get("list"))
    return found if found and not found.deleted_at else None


def run(batch: Batch, now: datetime) -> Answer:
    found = _list(batch.params)
    if found is None:
        return Answer(failures=dict.fromkeys(batch.ids, GONE))
    change = add_members if batch.params["do"] == ADD else remove_members
    try:
        change(found, batch.contacts, by=None)
    except NotAllowed as problem:
        return Answer(failures=dict.fromkeys(batch.ids, problem.message))
    return Answer.everyone(batch)


def summary(params: Params) -> str:
    name = quoted(name_of(Segment, params.get("list")))
    return f"{'off' if params.get('do') == REMOVE else 'onto'} {name}" if name else ""


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    is_on = SegmentMember.objects.filter(segment=params["list"], contact=contact).exists()
    if is_on == (params["do"] == ADD):
        return Foretold(NEXT, f"Is {'on it already' if is_on else 'not on it'}.", now)
    return Foretold(NEXT, f"Would be {'put on' if params['do'] == ADD else 'taken off'} the list.", now)


register(
    StepKind(
        "change_list",
        "List",
        "list-check",
        "Records",
        "Put people on a list that is filled by hand, or take them off.",
        run,
        form=ListForm,
        summary=summary,
        foretell=foretell,
    )
)
