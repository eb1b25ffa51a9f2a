"""Branch by conditions, the first that applies wins; the rest goes “else”.

Each condition is one query for the whole batch, judged when the batch arrives. So “among the top 10 by score of those
registered” after “wait until Thursday 16:00” means: the ranking as it is at that moment, over everybody registered
(not only those in the batch); put the wait before the branch, and all are judged together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms

from crm.models import Contact
from crm.rules import use
from crm.rules.forms import RuleField
from journeys.steps.batch import Answer, Batch
from journeys.steps.kind import Foretold, Outcome, Params, StepForm, StepKind, register

ELSE = "else"
MOST = 10


class BranchForm(StepForm):
    """`branches` is [{"outcome", "label", "rule"}]; the editor shows one group of fields for each.

    Fields are label_0, rule_0, label_1, …; `count` says how many there are.
    """

    count = forms.IntegerField(min_value=1, max_value=MOST, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        for index in range(self.many):
            self.fields[f"label_{index}"] = forms.CharField(label="Name of the branch", max_length=40)
            self.fields[f"outcome_{index}"] = forms.SlugField(required=False, max_length=40, widget=forms.HiddenInput)
            self.fields[f"rule_{index}"] = RuleField(label="Whoever fulfils")

    @property
    def many(self) -> int:
        source: Mapping[str, Any] = self.data or self.initial
        try:
            return max(1, min(MOST, int(source.get("count") or 1)))
        except (TypeError, ValueError):
            return 1

    @classmethod
    def to_data(cls, params: Params) -> dict[str, Any]:
        branches = params.get("branches")
        listed = [one for one in branches if isinstance(one, dict)] if isinstance(branches, list) else []
        data: dict[str, Any] = {"count": max(1, len(listed))}
        for index, branch in enumerate(listed):
            data[f"label_{index}"] = branch.get("label", "")
            data[f"outcome_{index}"] = branch.get("outcome", "")
            data[f"rule_{index}"] = json.dumps(branch.get("rule"))
        return data

    def to_params(self) -> Params:
        values = self.cleaned_data
        taken = {values[f"outcome_{index}"] for index in range(self.many)}
        branches = []
        for index in range(self.many):
            outcome = values[f"outcome_{index}"] or _free_name(taken)
            taken.add(outcome)
            branches.append({"outcome": outcome, "label": values[f"label_{index}"], "rule": values[f"rule_{index}"]})
        return {"branches": branches}

    def clean(self) -> Params:
        values = super().clean() or {}
        names = [values.get(f"outcome_{index}") for index in range(self.many) if values.get(f"outcome_{index}")]
        if len(set(names)) < len(names) or ELSE in names:
            raise forms.ValidationError("Two branches have the same name inside (“outcome”), or one is called “else”.")
        return values


def _free_name(taken: set[str]) -> str:
    return next(name for number in range(1, MOST * 2 + 1) if (name := f"b{number}") not in taken)


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
    found = params.get("branches")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


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
