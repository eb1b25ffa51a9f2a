"""Wait for an amount of time, from seconds to weeks."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django import forms

from crm.models import Contact
from journeys.steps.batch import NEXT, Answer, Batch
from journeys.steps.kind import Foretold, Params, StepForm, StepKind, register

UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800}
LONGEST = timedelta(days=366 * 2)


class AmountForm(StepForm):
    """An amount and its unit; the two are one value for the reader."""

    amount = forms.DecimalField(label="How long", min_value=Decimal("0.01"), max_digits=8, decimal_places=2)
    unit = forms.ChoiceField(label="Unit", choices=[(unit, unit) for unit in UNITS], initial="days")

    def clean(self) -> Params:
        values = super().clean() or {}
        if values.get("amount") and values.get("unit") and span(values) > LONGEST:
            raise forms.ValidationError("A wait is at most two years.")
        return values

    def to_params(self) -> Params:
        return {**super().to_params(), "amount": float(self.cleaned_data["amount"])}


def span(params: Params) -> timedelta:
    return timedelta(seconds=float(params["amount"]) * UNITS[params["unit"]])


def in_words(params: Params) -> str:
    """“3 days”."""
    if not params.get("amount"):
        return ""
    amount, unit = float(params["amount"]), str(params.get("unit", "days"))
    return f"{amount:g} {unit.removesuffix('s') if amount == 1 else unit}"


def held_until(params: Params, now: datetime) -> datetime:
    return now + span(params)


def run(batch: Batch, now: datetime) -> Answer:
    answer = Answer()
    answer.leave(NEXT, (person.id for person in batch.people if person.is_waiting))
    answer.hold(held_until(batch.params, now), (person.id for person in batch.people if not person.is_waiting))
    return answer


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    return Foretold(NEXT, f"Waits {in_words(params)}.", now + span(params))


register(
    StepKind(
        "wait_for",
        "Wait",
        "hourglass",
        "Time",
        "Let an amount of time pass.",
        run,
        form=AmountForm,
        summary=in_words,
        rests=lambda params, outcome: True,
        held_until=held_until,
        lasts=span,
        foretell=foretell,
    )
)
