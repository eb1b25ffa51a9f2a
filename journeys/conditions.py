"""Conditions on what came with a happening: the answers of a form, the link that was clicked, the data of a call.

Stored as [{"field": "plan", "op": "is", "value": "gold"}, …]; all of them must hold. What is missing or null fulfils nothing
and is never an error.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crm.models import Interaction
from marketing.models import Submission

OPERATORS = [
    ("is", "is"),
    ("is_not", "is not"),
    ("contains", "contains"),
    ("over", "is over"),
    ("under", "is under"),
    ("is_filled", "is filled in"),
]
MOST = 5
LONGEST = 200
SUGGESTED = {
    "email.clicked": ["url", "link"],
    "sms.clicked": ["url", "link"],
    "page.visited": ["url"],
    "form.submitted": ["page"],
    "lead.created": ["topic", "source"],
    "lead.interest": ["topic", "source"],
    "opportunity.advanced": ["from", "to"],
    "score.reached": ["points"],
    "score.crossed": ["points"],
    "trigger.received": ["title"],
}
"""Names that the log writes into the data of these kinds, for the editor to offer."""

Where = Sequence[Mapping[str, str]]
Facts = Mapping[str, Any]


def fulfilled(where: Where, facts: Facts) -> bool:
    """Do all conditions hold? None at all always do."""
    return all(_holds(one["op"], _found(one["field"], facts), one.get("value", "")) for one in where)


def _found(name: str, facts: Any) -> Any:
    """“order.total” leads into {"order": {"total": 5}}, unless something is called so itself."""
    if isinstance(facts, Mapping):
        if name in facts:
            return facts[name]
        first, dot, rest = name.partition(".")
        return _found(rest, facts.get(first)) if dot else None
    return None


def _holds(op: str, value: Any, wanted: str) -> bool:
    if value is None or value == "" or value == [] or isinstance(value, Mapping):
        return False
    if isinstance(value, list):
        each = [_holds(op, one, wanted) for one in value]
        return all(each) if op == "is_not" else any(each)
    match op:
        case "is_filled":
            return True
        case "over" | "under":
            left, right = _number(value), _number(wanted)
            return left is not None and right is not None and (left > right if op == "over" else left < right)
    said, asked = _text(value), wanted.strip().casefold()
    match op:
        case "is":
            return said == asked
        case "is_not":
            return said != asked
    return asked in said


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip().casefold()


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def facts_of(rows: Iterable[Interaction]) -> dict[int, dict[str, Any]]:
    """What came with each row of the log, by its id: its data, and what was answered where it was a form. One query at most."""
    rows = list(rows)
    facts = {row.pk: dict(row.data) if isinstance(row.data, dict) else {} for row in rows}
    sent = {row.pk: facts[row.pk].get("submission") for row in rows if row.kind == "form.submitted"}
    wanted = {pk for pk in sent.values() if isinstance(pk, int)}
    answers = dict(Submission.objects.filter(pk__in=wanted).values_list("pk", "values")) if wanted else {}
    for row, submission in sent.items():
        answered = answers.get(submission or 0)
        if isinstance(answered, dict):
            facts[row] |= answered
    return facts


def in_words(where: Where) -> str:
    """“plan is “gold” and seats is over “5””."""
    labels = dict(OPERATORS)
    return " and ".join(
        f"{one['field']} {labels.get(one['op'], one['op'])}"
        + (f" “{one.get('value', '')}”" if one["op"] != "is_filled" else "")
        for one in where
    )


def complaint(stored: Any) -> str:
    """What is wrong with stored conditions, in a sentence; "" where nothing is."""
    if not isinstance(stored, list) or not all(isinstance(one, dict) for one in stored):
        return "Conditions are a list of {“field”, “op”, “value”}."
    if len(stored) > MOST:
        return f"There are at most {MOST} conditions."
    for one in stored:
        if not isinstance(one.get("field"), str) or not one["field"].strip():
            return "A condition names a field."
        if one.get("op") not in dict(OPERATORS):
            known = ", ".join(name for name, _ in OPERATORS)
            return f"“{one.get('op')}” is not a comparison. Known: {known}."
        value = one.get("value", "")
        if not isinstance(value, str) or max(len(value), len(one["field"])) > LONGEST:
            return f"The value of a condition is a text of at most {LONGEST} letters."
        if one["op"] != "is_filled" and not value.strip():
            return f"Say with what “{one['field']}” is compared."
        if one["op"] in ("over", "under") and _number(value) is None:
            return f"“{value}” is not a number; “{one['field']}” is compared with one."
    return ""
