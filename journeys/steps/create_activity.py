"""A task or a call for the owner of the contact: the human step of a sequence."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms

from crm.audit import keep_created
from crm.models import Activity, Contact, User
from journeys.steps.batch import NEXT, Answer, Batch
from journeys.steps.kind import Foretold, Params, StepForm, StepKind, register

KINDS = [("task", "Task"), ("call", "Phone call")]


class ActivityForm(StepForm):
    kind = forms.ChoiceField(label="What", choices=KINDS)
    subject = forms.CharField(label="Subject", max_length=200)
    days = forms.IntegerField(label="Due after days", min_value=0, max_value=365, initial=1)
    otherwise = forms.TypedChoiceField(
        label="Where the contact has no owner, for",
        coerce=int,
        required=False,
        empty_value=None,
        choices=lambda: [("", "nobody yet"), *User.objects.filter(is_active=True).values_list("pk", "name")],
    )


def run(batch: Batch, now: datetime) -> Answer:
    params = batch.params
    owners = dict(Contact.objects.filter(pk__in=batch.contacts).values_list("pk", "owner"))
    made = Activity.objects.bulk_create(
        Activity(
            kind=params["kind"],
            subject=params["subject"],
            body=batch.source,
            contact_id=person.contact,
            owner_id=owners.get(person.contact) or params.get("otherwise"),
            due_at=now + timedelta(days=params["days"]),
        )
        for person in batch.people
    )
    keep_created(made, by=None)
    return Answer.everyone(batch)


def summary(params: Params) -> str:
    return f"“{params['subject']}”" if params.get("subject") else ""


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    return Foretold(
        NEXT,
        f"Would give {contact.owner or 'nobody yet'} the {dict(KINDS)[params['kind']].lower()} {summary(params)}.",
        now,
    )


register(
    StepKind(
        "create_activity",
        "Create an activity",
        "checkbox",
        "People",
        "A task or a call for the owner of the contact.",
        run,
        form=ActivityForm,
        summary=summary,
        foretell=foretell,
    )
)
