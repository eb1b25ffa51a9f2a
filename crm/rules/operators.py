"""What can be asked of each kind of attribute: operators, their words, and the shape of their value."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("text", "choice", "number", "date", "day", "yesno", "maybe", "record", "several")
"""`date` is a moment asked by days, `day` a date; `maybe` is yes, no or not said; `record` is another record; `several`
are choices of which a record has any number (tags).
"""


@dataclass(frozen=True)
class Operator:
    """`takes` is none, text, texts, choice, choices, record, records, number, numbers (two), day, days (two), count, yesno.

    `words` fill `{name}` and `{value}`. `moves`: the answer changes by the passing of time alone.
    """

    name: str
    label: str
    takes: str
    words: str = ""
    moves: bool = False

    def say(self, name: str, value: str) -> str:
        return (self.words or f"{{name}} {self.label} {{value}}").format(name=name, value=value).strip()


_EMPTY = Operator("is_empty", "is empty", "none")
_FILLED = Operator("is_filled", "is filled in", "none")

_DAYS = (
    Operator("on", "is on", "day"),
    Operator("before", "is before", "day"),
    Operator("after", "is after", "day"),
    Operator("between", "is between", "days"),
    Operator("in_last", "is in the last … days", "count", "{name} is in the last {value} days", True),
    Operator("longer_ago", "is longer ago than … days", "count", "{name} is longer than {value} days ago", True),
    Operator("in_next", "is in the next … days", "count", "{name} is in the next {value} days", True),
    _EMPTY,
    _FILLED,
)
_YES = Operator("is", "is", "yesno", "{name}: {value}")

OPERATORS: dict[str, tuple[Operator, ...]] = {
    "text": (
        Operator("is", "is", "text"),
        Operator("is_not", "is not", "text"),
        Operator("is_any_of", "is any of", "texts"),
        Operator("contains", "contains", "text"),
        Operator("contains_not", "does not contain", "text"),
        Operator("begins_with", "begins with", "text"),
        Operator("ends_with", "ends with", "text"),
        _EMPTY,
        _FILLED,
    ),
    "choice": (
        Operator("is", "is", "choice"),
        Operator("is_not", "is not", "choice"),
        Operator("is_any_of", "is any of", "choices", "{name} is {value}"),
        Operator("is_none_of", "is none of", "choices"),
        _EMPTY,
        _FILLED,
    ),
    "number": (
        Operator("equals", "is", "number"),
        Operator("over", "is over", "number"),
        Operator("at_least", "is at least", "number"),
        Operator("under", "is under", "number"),
        Operator("at_most", "is at most", "number"),
        Operator("between", "is between", "numbers"),
        _EMPTY,
        _FILLED,
    ),
    "date": _DAYS,
    "day": _DAYS,
    "yesno": (_YES,),
    "maybe": (_YES, _EMPTY, _FILLED),
    "record": (
        Operator("is", "is", "record"),
        Operator("is_not", "is not", "record"),
        Operator("is_any_of", "is any of", "records", "{name} is {value}"),
        Operator("is_none_of", "is none of", "records"),
        _EMPTY,
        _FILLED,
    ),
    "several": (
        Operator("has_any_of", "has any of", "choices", "{name}: {value}"),
        Operator("has_all_of", "has all of", "choices"),
        Operator("has_none_of", "has none of", "choices"),
        _EMPTY,
        _FILLED,
    ),
}


def operator(kind: str, name: str) -> Operator | None:
    """The operator, or None where this kind of attribute cannot be tested so."""
    return next((op for op in OPERATORS[kind] if op.name == name), None)


def label_of(name: object) -> str:
    """The words of an operator for messages, also where it does not fit the kind."""
    every = [op for kind in KINDS for op in OPERATORS[kind] if op.name == name]
    return every[0].name.replace("_", " ") if every else str(name)
