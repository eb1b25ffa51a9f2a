"""Open an opportunity through the desk. Sales answers with receipts; journeys never knows sales."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from django import forms

from crm.hooks import handover
from crm.models import Contact
from crm.zones import clock_of, company_zone
from journeys.steps import whom
from journeys.steps.batch import Answer, Batch
from journeys.steps.kind import Foretold, Outcome, Params, StepKind, register


class DealForm(whom.WhoForm):
    topic = forms.CharField(
        label="Topic", max_length=200, help_text="What it is called, like “Renewal of the licence”."
    )
    amount = forms.DecimalField(
        label="Amount", min_value=Decimal(0), max_digits=12, decimal_places=2, initial=0,
        help_text="In the currency of our company.",
    )  # fmt: skip
    days = forms.IntegerField(label="Closes in days", min_value=0, max_value=1825, initial=30)
    field_order = ["topic", "amount", "days", "who", "user", "team", "otherwise"]

    def to_params(self) -> Params:
        return {**super().to_params(), "amount": str(self.cleaned_data["amount"])}


def run(batch: Batch, now: datetime) -> Answer:
    """The key is (participant, node, visit): the same receipt at every try, so “new” stays “new”."""
    owners = whom.owners(batch)
    close_on = _closes(batch.params, now)
    requests = [
        handover.DealRequest(
            key=batch.key(person),
            contact=person.contact,
            topic=batch.params["topic"],
            amount=Decimal(str(batch.params["amount"])),
            close_on=close_on,
            owner=owners[person.id],
            campaign=batch.journey.campaign_id,
            source=batch.source,
        )
        for person in batch.people
    ]
    answer = Answer()
    for person, receipt in zip(batch.people, handover.open_deals(requests), strict=True):
        answer.leave(receipt.outcome, [person.id])
        facts = {"opportunity": receipt.opportunity, "owner": receipt.owner, "reason": receipt.reason}
        answer.details[person.id] = {name: fact for name, fact in facts.items() if fact}
    return answer


def _closes(params: Params, now: datetime) -> date:
    return (now.astimezone(clock_of(company_zone())) + timedelta(days=params["days"])).date()


def outcomes(params: Params) -> list[Outcome]:
    return [
        Outcome("new", "New opportunity"),
        Outcome("known", "Had an open one"),
        Outcome("refused", "Refused"),
    ]


def summary(params: Params) -> str:
    return f"“{params['topic']}”" if params.get("topic") else ""


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    owner, day = whom.in_words(params, contact), _closes(params, now)
    if owner == "nobody yet":
        return Foretold("refused", "Would be refused: nobody would own it.", now)
    return Foretold("new", f"Would open {summary(params)} for {owner}, closing on {day:%-d %b %Y}.", now)


register(
    StepKind(
        "create_opportunity",
        "Create an opportunity",
        "target",
        "People",
        "Open a deal for each person, with an amount, a day to close and an owner.",
        run,
        form=DealForm,
        outcomes=outcomes,
        summary=summary,
        foretell=foretell,
    )
)
