"""Branch by conditions, the first that applies wins; the rest goes “else”.

Each condition is one query for the whole batch, judged when the batch arrives. So “among the top 10 by score of those
registered” after “wait until Thursday 16:00” means: the ranking as it is at that moment, over everybody registered
(not only those in the batch); put the wait before the branch, and all are judged together.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django import forms

from crm.models import Contact
from crm.rules import use
from crm.rules.forms import RuleField
from journeys.steps.batch import Answer, Batch
from journeys.steps.growing import GrowingForm, parts_in, with_outcomes
from journeys.steps.kind import Foretold, Outcome, Params, StepKind, register

ELSE = "else"


class BranchForm(GrowingForm):
    """`branches` is [{"outcome", "label", "rule"}], judged in their order."""

    def part_fields(self, index: int) -> dict[str, forms.Field]:
        return {
            "label": forms.CharField(label="Name of the branch", max_length=40),
            "outcome": forms.SlugField(required=False, max_length=40, widget=forms.HiddenInput),
            "rule": RuleField(label="Whoever fulfils"),
        }

    @classmethod
    def to_data(cls, params: Params) -> dict[str, Any]:
        return cls.data_of({**branch, "rule": json.dumps(branch.get("rule"))} for branch in _branches(params))

    def to_params(self) -> Params:
        names = (f"b{number}" for number in range(1, 2 * self.most + 1))
        return {"branches": with_outcomes(self.cleaned_parts("outcome", "label", "rule"), names)}

    def clean(self) -> Params:
        values = super().clean() or {}
        names = [part["outcome"] for part in self.cleaned_parts("outcome") if part["outcome"]]
        if len(set(names)) < len(names) or ELSE in names:
            raise forms.ValidationError("Two branches have the same name inside (“outcome”), or one is called “else”.")
        return values


def run(batch: Batch, now: datetime) -> Answer:
    answer = Answer()
    left = {person.id: person.contact for person in batch.people}
    for branch in batch.params["branches"]:
        fit = set(use.those(branch["rule"], now).filter(pk__in=set(left.values())).values_list("pk", flat=True))
        answer.leave(branch["outcome"], [pk for pk, contact in left.items() if contact in fit])
        left = {pk: contact for pk, contact in left.items() if contact not in fit}
    answer.leave(ELSE, left)
    return answer


def _branches(params: Params) -> list[dict[str, Any]]:
    return parts_in(params, "branches")


def outcomes(params: Params) -> list[Outcome]:
    named = [Outcome(str(b.get("outcome", "")), str(b.get("label") or "Yes")) for b in _branches(params)]
    return [*(named or [Outcome("b1", "Yes")]), Outcome(ELSE, "Else" if len(named) > 1 else "No")]


def summary(params: Params) -> str:
    found = _branches(params)
    if not found:
        return ""
    return use.words(found[0].get("rule")) if len(found) == 1 else f"into {len(found) + 1}"


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    for branch in _branches(params):
        if use.those(branch["rule"], now).filter(pk=contact.pk).exists():
            return Foretold(branch["outcome"], f"“{branch['label']}”, because: {use.words(branch['rule'])}.", now)
    wanted = "; ".join(use.words(branch["rule"]) for branch in _branches(params))
    return Foretold(ELSE, f"Not so far: {wanted}.", now)


register(
    StepKind(
        "branch",
        "Branch",
        "git-branch",
        "Flow",
        "Ask a question about each person, and let the answers part their ways.",
        run,
        form=BranchForm,
        outcomes=outcomes,
        summary=summary,
        foretell=foretell,
    )
)
