"""A task or a call for somebody: the owner of the contact, a named user, or the members of a team in turn."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms

from crm.audit import keep_created
from crm.models import Activity, Contact
from crm.zones import clock_of, company_zone
from journeys.steps import whom
from journeys.steps.batch import NEXT, Answer, Batch
from journeys.steps.kind import Foretold, Params, StepKind, register

KINDS = [("task", "Task"), ("call", "Phone call")]
DAYS = [("calendar", "days"), ("working", "working days, Monday to Friday")]


class ActivityForm(whom.WhoForm):
    kind = forms.ChoiceField(label="What", choices=KINDS)
    subject = forms.CharField(label="Subject", max_length=200)
    body = forms.CharField(
        label="What to do", required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    )
    priority = forms.ChoiceField(label="Priority", choices=Activity.Priority.choices, required=False, initial="normal")
    days = forms.IntegerField(label="Due after", min_value=0, max_value=365, initial=1)
    days_are = forms.ChoiceField(label="Counted in", choices=DAYS, required=False)
    field_order = ["kind", "subject", "body", "priority", "who", "user", "team", "otherwise", "days", "days_are"]


def run(batch: Batch, now: datetime) -> Answer:
    params = batch.params
    owners = whom.owners(batch)
    due_at = due(params, now)
    made = Activity.objects.bulk_create(
        Activity(
            kind=params["kind"],
            subject=params["subject"],
            body="\n\n".join(filter(None, [params.get("body"), batch.source])),
            priority=params.get("priority") or Activity.Priority.NORMAL,
            contact_id=person.contact,
            owner_id=owners[person.id],
            due_at=due_at,
        )
        for person in batch.people
    )
    keep_created(made, by=None)
    return Answer.everyone(batch)


def due(params: Params, now: datetime) -> datetime:
    """So many days on at the same hour of our company's clock; working days leave out Saturdays and Sundays."""
    local = now.astimezone(clock_of(company_zone()))
    if params.get("days_are") != "working":
        return (local + timedelta(days=params["days"])).astimezone(now.tzinfo)
    left = params["days"]
    while left or local.weekday() > 4:
        local += timedelta(days=1)
        left -= left > 0 and local.weekday() < 5
    return local.astimezone(now.tzinfo)


def summary(params: Params) -> str:
    return f"“{params['subject']}”" if params.get("subject") else ""


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    what = f"the {dict(KINDS)[params['kind']].lower()} {summary(params)}"
    return Foretold(NEXT, f"Would give {whom.in_words(params, contact)} {what}, due {due(params, now):%-d %b %Y}.", now)


register(
    StepKind(
        "create_activity",
        "Create an activity",
        "checkbox",
        "People",
        "A task or a call for the owner, for one user, or for a team in turn.",
        run,
        form=ActivityForm,
        summary=summary,
        foretell=foretell,
    )
)
