"""Hand people over to whoever works leads. Sales answers with receipts; journeys never knows sales."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from crm.hooks import handover
from crm.models import Contact
from journeys.steps.batch import Answer, Batch
from journeys.steps.kind import Foretold, Outcome, Params, StepForm, StepKind, register
from marketing import models as marketing


class AssignForm(StepForm):
    topic = forms.CharField(
        label="What they are interested in", max_length=200, help_text="Becomes the topic of the lead."
    )


def run(batch: Batch, now: datetime) -> Answer:
    """The key is (participant, node, visit): the same receipt at every try, so “new” stays “new”."""
    facts = _scores(batch.contacts)
    requests = [
        handover.Request(
            key=batch.key(person),
            contact=person.contact,
            topic=batch.params["topic"],
            campaign=batch.journey.campaign_id,
            source=batch.source,
            details=facts.get(person.contact, {}),
        )
        for person in batch.people
    ]
    answer = Answer()
    for person, receipt in zip(batch.people, handover.hand_over(requests), strict=True):
        answer.leave(receipt.outcome, [person.id])
        answer.details[person.id] = {"lead": receipt.lead, "owner": receipt.owner}
    return answer


def _scores(contacts: list[int]) -> dict[int, dict[str, Any]]:
    """The best score of each, with its reasons: what the owner wants to know first."""
    best: dict[int, dict[str, Any]] = {}
    rows = marketing.Score.objects.filter(contact__in=contacts).order_by("points").select_related("model")
    for score in rows:
        best[score.contact_id] = {
            "score": score.points,
            "model": str(score.model),
            "reasons": [_in_words(r) for r in score.reasons],
        }
    return best


def _in_words(reason: dict[str, Any]) -> str:
    """“Came back to the page 3× (+9)”."""
    times = f" {reason['times']}×" if reason["times"] > 1 else ""
    return f"{reason['label']}{times} ({reason['points']:+d})"


def outcomes(params: Params) -> list[Outcome]:
    return [
        Outcome("new", "New lead"),
        Outcome("known", "Had an open lead"),
        Outcome("unassigned", "Nobody could take it"),
    ]


def summary(params: Params) -> str:
    return f"“{params['topic']}”" if params.get("topic") else ""


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    return Foretold("new", f"Would hand {contact} over to sales, about {summary(params)}.", now)


register(
    StepKind(
        "assign_lead",
        "Assign lead",
        "user-check",
        "People",
        "Hand people over to sales: a lead each, with an owner.",
        run,
        form=AssignForm,
        outcomes=outcomes,
        summary=summary,
        foretell=foretell,
    )
)
