"""What a kind of step declares; each file of this package registers one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms

from crm.hooks.registry import Registry
from crm.models import Contact
from journeys.steps.batch import NEXT, Answer, Batch

Params = dict[str, Any]
Complaint = tuple[str, str]
"""(path inside params, sentence)"""


@dataclass(frozen=True)
class Outcome:
    name: str
    label: str


@dataclass(frozen=True)
class Foretold:
    """What would happen to one person: by which outcome they leave, why in words, and when."""

    outcome: str
    why: str
    at: datetime


class StepForm(forms.Form):
    """The params of a kind: the editor draws it, and `check` judges stored params with it."""

    @property
    def redraws(self) -> list[str]:
        """The fields whose choice changes which other fields there are."""
        return []

    def redrawn(self, wish: str) -> dict[str, Any]:
        """What was typed (this form is bound to it), as the beginning of the form to be drawn in its place."""
        return {name: self[name].data for name in self.fields}

    def to_params(self) -> Params:
        """The cleaned values as JSON. Override where values are not plain."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

    @classmethod
    def to_data(cls, params: Params) -> dict[str, Any]:
        """Stored params as form data. The inverse of `to_params`."""
        return dict(params)


def words_of(params: Params, name: str) -> list[str]:
    """A list of words among stored params; what else stands there (anybody may write params by the API) is left out."""
    found = params.get(name)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _only_next(params: Params) -> list[Outcome]:
    return [Outcome(NEXT, "Then")]


def _no_rest(params: Params, outcome: str) -> bool:
    return False


def _no_goal(params: Params) -> bool:
    return False


def _at_once(params: Params, now: datetime) -> datetime | None:
    return None


def _no_length(params: Params) -> timedelta | None:
    return None


def _no_summary(params: Params) -> str:
    return ""


def _passes(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    return Foretold(NEXT, "", now)


def _no_listening(params: Params) -> list[tuple[str, int | None, str]]:
    return []


@dataclass(frozen=True)
class StepKind:
    """`run(batch, now)` writes rows only and answers for the whole batch; carrying is a job of others.

    `rests(params, outcome)`: does leaving by this outcome always take time? (else a loop of such steps spins.)
    `held_until(params, now)`: where arrival alone says until when to hold, the engine need not ask twice.
    `lasts(params)`: how long people are held from their arrival on, where that is all there is to it; with other params
    (a new version) their time is counted anew from when they came.
    `listens(params)`: (source type, source id, kind of interaction) that wake who waits here.
    `asks_for_goal(params)`: does it look at the goal of the journey, so that there must be one?
    `foretell` is `run` for one contact, writing nothing: the simulator walks with it.
    """

    name: str
    label: str
    icon: str
    group: str
    help: str
    run: Callable[[Batch, datetime], Answer]
    form: type[StepForm] = StepForm
    outcomes: Callable[[Params], Sequence[Outcome]] = _only_next
    summary: Callable[[Params], str] = _no_summary
    rests: Callable[[Params, str], bool] = _no_rest
    held_until: Callable[[Params, datetime], datetime | None] = _at_once
    lasts: Callable[[Params], timedelta | None] = _no_length
    listens: Callable[[Params], list[tuple[str, int | None, str]]] = _no_listening
    foretell: Callable[[Params, Contact, datetime, datetime], Foretold] = _passes
    asks_for_goal: Callable[[Params], bool] = _no_goal

    def complaints(self, params: Params) -> Iterator[Complaint]:
        """What is wrong with these params, each with its path."""
        form = self.form(self.form.to_data(params), prefix=None)
        for name, errors in form.errors.items():
            for error in errors:
                label = form.fields[name].label if name in form.fields else ""
                yield ("" if name == "__all__" else name), f"{label}: {error}" if label else str(error)


_kinds: Registry[StepKind] = Registry("kind of step")


def register(kind: StepKind) -> StepKind:
    return _kinds.register(kind.name, kind)


def get(name: str) -> StepKind:
    return _kinds.get(name)


def known(name: str) -> bool:
    return name in _kinds


def all_kinds() -> list[StepKind]:
    return _kinds.values()
