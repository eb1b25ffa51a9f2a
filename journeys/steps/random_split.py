"""Split at random into groups with shares. The same person at the same visit always falls on the same side."""

from __future__ import annotations

import string
import zlib
from datetime import datetime
from typing import Any

from django import forms

from crm.models import Contact
from journeys.steps.batch import Answer, Batch
from journeys.steps.growing import GrowingForm, parts_in, with_outcomes
from journeys.steps.kind import Foretold, Outcome, Params, StepKind, register

LETTERS = string.ascii_lowercase


class SplitForm(GrowingForm):
    """`parts` is [{"outcome", "label", "share"}]; shares are weights and need not be percents."""

    part_label = "Group"
    fewest = 2

    def part_fields(self, index: int) -> dict[str, forms.Field]:
        return {
            "label": forms.CharField(label="Name", max_length=40, initial=LETTERS[index].upper()),
            "share": forms.IntegerField(label="Share", min_value=1, max_value=1000, initial=1),
            "outcome": forms.SlugField(required=False, max_length=40, widget=forms.HiddenInput),
        }

    @classmethod
    def to_data(cls, params: Params) -> Params:
        return cls.data_of(parts_of(params))

    def to_params(self) -> Params:
        return {"parts": with_outcomes(self.cleaned_parts("outcome", "label", "share"), LETTERS)}

    def clean(self) -> Params:
        values = super().clean() or {}
        names = [part["outcome"] for part in self.cleaned_parts("outcome") if part["outcome"]]
        if len(set(names)) < len(names):
            raise forms.ValidationError("Two groups have the same name inside (“outcome”).")
        return values


def parts_of(params: Params) -> list[dict[str, Any]]:
    """The groups. Journeys that were published when there were two of them say only the percentage of the first."""
    if "percent" in params:
        share = params["percent"] if isinstance(params["percent"], int) else 0
        shares = {"a": share, "b": 100 - share}
        return [{"outcome": name, "label": name.upper(), "share": one} for name, one in shares.items()]
    return parts_in(params, "parts")


def run(batch: Batch, now: datetime) -> Answer:
    answer = Answer()
    parts = parts_of(batch.params)
    for person in batch.people:
        answer.leave(drawn(parts, batch.key(person)), [person.id])
    return answer


def drawn(parts: list[dict[str, Any]], key: str) -> str:
    """The way out that falls to this key: evenly spread by the shares, and the same at every try."""
    place = zlib.crc32(key.encode()) % sum(part["share"] for part in parts)
    for part in parts:
        place -= part["share"]
        if place < 0:
            return str(part["outcome"])
    raise ValueError("Shares must be positive.")


def shares_in_words(parts: list[dict[str, Any]]) -> list[str]:
    """“33 %” for each."""
    shares = [share if isinstance(share := part.get("share"), int) else 0 for part in parts]
    return [f"{share / whole:.3g} %" if (whole := sum(shares) / 100) else "" for share in shares]


def outcomes(params: Params) -> list[Outcome]:
    parts = parts_of(params)
    if not parts:
        return [Outcome("a", "A · 50 %"), Outcome("b", "B · 50 %")]
    words = zip(parts, shares_in_words(parts), strict=True)
    return [Outcome(str(part.get("outcome", "")), f"{part.get('label', '')} · {share}") for part, share in words]


def summary(params: Params) -> str:
    many = len(parts_of(params))
    return f"into {many}" if many > 2 else ""


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    parts = parts_of(params)
    return Foretold(str(parts[0]["outcome"]), f"By chance; {shares_in_words(parts)[0]} go this way.", now)


register(
    StepKind(
        "random_split",
        "Split at random",
        "arrows-split-2",
        "Flow",
        "Part people by chance into up to 25 groups, each with its share.",
        run,
        form=SplitForm,
        outcomes=outcomes,
        summary=summary,
        foretell=foretell,
    )
)
