"""Offer a command on many records at once: on the rows ticked in a list, or on all that match.

    bulk_actions.register(BulkAction("sales.disqualify", _("Disqualify"), "circle-x", one_by_one(disqualify_lead),
        kinds=("sales.lead",), form=DisqualifyForm))

Who may, locking in turns, progress, a result for each row, cancelling and reverting are the engine's (crm/bulk/work.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from crm.errors import CrmError, Forbidden, NotAllowed
from crm.hooks.registry import Registry, Text

DONE, SKIPPED, FAILED = "done", "skipped", "failed"


@dataclass(frozen=True)
class Outcome:
    """What became of one row. `before` is JSON: what reverting must know."""

    verdict: str = DONE
    sentence: Text = ""
    before: Any = None


def done(before: Any = None, sentence: Text = "") -> Outcome:
    return Outcome(DONE, sentence, before)


def skipped(why: Text) -> Outcome:
    return Outcome(SKIPPED, why)


def failed(why: Text) -> Outcome:
    return Outcome(FAILED, why)


@dataclass(frozen=True)
class Batch:
    """Some rows of a run, of one kind, in the order of the list; `by` reaches each of them. `values` are the form's.

    `befores` are what the outcomes kept, by id, where a run is reverted.
    """

    run: Any
    by: Any
    values: Mapping[str, Any]
    rows: Sequence[Any]
    befores: Mapping[int, Any] = field(default_factory=dict)


Run = Callable[[Batch], Mapping[int, Outcome]]
"""Answers an outcome for every row of the batch, by id; called in a transaction that the engine commits with them."""


@dataclass(frozen=True)
class BulkAction:
    """`kinds` are labels of records (“sales.lead”); none means every kind.

    `verb` is what the person must reach on each row. `form(kind, user, data)` answers the form for what it needs to know,
    bound where there is data. `button` has %(what)s for “412 contacts”; `warning` says what it means. `permission` is a
    further (resource, verb). `undo` makes a run revertible; `undo_from_bin` where its rows lie in the bin by then.
    `from_bin` acts on rows of the bin. `finish(run, by, values, beat)` is called once, when every row has had its turn.
    Up to `at_once` rows are done while the person waits.
    """

    name: str
    label: Text
    icon: str
    run: Run
    kinds: tuple[str, ...] = ()
    verb: str = "change"
    form: Callable[..., Any] | None = None
    button: Text = ""
    warning: Text = ""
    permission: tuple[str, str] | None = None
    undo: Run | None = None
    undo_from_bin: bool = False
    from_bin: bool = False
    finish: Callable[..., None] | None = None
    at_once: int = 50
    keeps_results: bool = True
    downloads: bool = False
    is_dangerous: bool = False
    order: int = 50


def one_by_one(act: Callable[..., Any], *, before: Callable[[Any], Any] = lambda row: None) -> Run:
    """A run that calls `act(row, by=…, **values)` for each, so that all its consequences are as if done by hand.

    What the state of a row forbids is skipped with the reason, what else is refused has failed; the others go on.
    `before(row)` is what reverting must know.
    """

    def run(batch: Batch) -> dict[int, Outcome]:
        outcomes = {}
        for row in batch.rows:
            kept = before(row)
            try:
                with transaction.atomic():
                    act(row, by=batch.by, **batch.values)
                outcomes[row.pk] = done(kept)
            except (Forbidden, NotAllowed) as problem:
                outcomes[row.pk] = skipped(problem.message)
            except CrmError as problem:
                outcomes[row.pk] = failed(problem.message)
        return outcomes

    return run


_actions: Registry[BulkAction] = Registry("bulk action")
_more: list[Callable[[str], Iterable[BulkAction]]] = []


def register(action: BulkAction) -> None:
    for kind in action.kinds or ("",):
        _actions.register(f"{kind}:{action.name}", action)


def add_actions(more: Callable[[str], Iterable[BulkAction]]) -> None:
    """`more(kind)` answers further actions on that kind, each time it is asked."""
    _more.append(more)


def actions_on(kind: str) -> list[BulkAction]:
    """Those for every kind, and those of this one; its own come before the general one of the same name."""
    found = {action.name: action for key, action in _actions if key.startswith(":")}
    found |= {action.name: action for key, action in _actions if key.startswith(f"{kind}:")}
    found |= {action.name: action for more in _more for action in more(kind)}
    return sorted(found.values(), key=lambda action: action.order)


def get(kind: str, name: str) -> BulkAction:
    """Raises LookupError with the known names where there is no such action on this kind."""
    known = actions_on(kind)
    for action in known:
        if action.name == name:
            return action
    raise LookupError(f"There is no bulk action “{name}” on {kind}. Known: {', '.join(a.name for a in known)}.")
