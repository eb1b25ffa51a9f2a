"""Split at random into two groups. The same person at the same visit always falls on the same side."""

from __future__ import annotations

import zlib
from datetime import datetime

from django import forms

from crm.models import Contact
from journeys.steps.batch import Answer, Batch
from journeys.steps.kind import Foretold, Outcome, Params, StepForm, StepKind, register


class SplitForm(StepForm):
    percent = forms.IntegerField(label="Share of group A, in percent", min_value=1, max_value=99, initial=50)


def run(batch: Batch, now: datetime) -> Answer:
    answer = Answer()
    for person in batch.people:
        answer.leave("a" if _draw(batch.key(person)) < batch.params["percent"] else "b", [person.id])
    return answer


def _draw(key: str) -> int:
    """0…99, evenly spread and the same at every try."""
    return zlib.crc32(key.encode()) % 100


def outcomes(params: Params) -> list[Outcome]:
    share = params.get("percent", 50)
    return [Outcome("a", f"A · {share} %"), Outcome("b", f"B · {100 - int(share)} %")]


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    return Foretold("a", f"By chance; {params['percent']} of 100 go this way.", now)


register(
    StepKind(
        "random_split",
        "Split at random",
        "arrows-split-2",
        "Flow",
        "Send one part this way and the rest that way.",
        run,
        form=SplitForm,
        outcomes=outcomes,
        foretell=foretell,
    )
)
