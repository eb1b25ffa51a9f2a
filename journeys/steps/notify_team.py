"""Tell a team, under the bell: one notification a batch and member, not one a person."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.urls import reverse

from crm.actions.notifications import notify_many
from crm.models import Contact, Team, User
from journeys.names import name_of, quoted
from journeys.steps.batch import NEXT, Answer, Batch
from journeys.steps.kind import Foretold, Params, StepForm, StepKind, register


class NotifyForm(StepForm):
    team = forms.TypedChoiceField(
        label="Team", coerce=int, choices=lambda: [("", "Choose a team…"), *Team.objects.values_list("pk", "name")]
    )
    text = forms.CharField(label="What to say", max_length=200)


def run(batch: Batch, now: datetime) -> Answer:
    first = batch.people[0]
    members = User.objects.filter(team=batch.params["team"], is_active=True)
    notify_many(members, _text(batch), _url(batch), "route", batch.key(first), kind="journey")
    return Answer.everyone(batch)


def _text(batch: Batch) -> str:
    if len(batch.people) == 1:
        return f"{batch.params['text']}: {Contact.objects.get(pk=batch.people[0].contact)}"
    return f"{batch.params['text']}: {len(batch.people)} people ({batch.journey.name})"


def _url(batch: Batch) -> str:
    """The list of leads of one journey is behind the admin; a contact is everybody's."""
    if len(batch.people) == 1:
        return Contact.objects.get(pk=batch.people[0].contact).get_absolute_url()
    return reverse("admin:journeys_journey_live", args=[batch.journey.pk])


def summary(params: Params) -> str:
    return quoted(name_of(Team, params.get("team")))


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    return Foretold(NEXT, f"Would tell team {summary(params)}: {params['text']}.", now)


register(
    StepKind(
        "notify_team",
        "Notify a team",
        "bell",
        "People",
        "Everybody in the team sees it under the bell.",
        run,
        form=NotifyForm,
        summary=summary,
        foretell=foretell,
    )
)
