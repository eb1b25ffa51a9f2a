"""Values for an email: read from a request against what it wants, and made up where somebody only wants to look."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from crm.errors import Invalid
from marketing.blocks.wants import DATA, ROW

LARGEST = 100_000
MOST_ROWS = 500
LONGEST = 10_000
Wants = Mapping[str, Any]


def read_values(wants: Wants, given: Any) -> dict[str, Any]:
    """What was given, where it is what the email wants. Raises Invalid naming every value that is missing, unknown, or of
    another kind; the API shows each with its path."""
    if not isinstance(given, Mapping):
        raise Invalid("The values are an object, like {“order_number”: “A-17”}.", field=DATA)
    if len(json.dumps(given)) > LARGEST:
        raise Invalid(f"The values have more than {LARGEST // 1000} KB.", field=DATA)
    problems = list(_wrong_inside(wants, given, DATA))
    if problems:
        said = " ".join(dict.fromkeys(message for _, message in problems))
        errors = [{"path": path, "message": message} for path, message in problems]
        raise Invalid(said[:1000], field=DATA, more={"errors": errors})
    return dict(given)


def named(wants: Wants, within: str = DATA) -> Iterator[tuple[str, str, bool]]:
    """(name as it stands in the email, kind, is needed) of every value, for people: “data.lines[].price”."""
    for name, want in wants.items():
        path = f"{within}{ROW}" if name == ROW else f"{within}.{name}"
        if want["kind"] == "list" or (want["kind"] != "object" and name != ROW):
            yield path, want["kind"], want["needed"]
        yield from named(want.get("inner", {}), path)


def needed(wants: Wants) -> list[str]:
    """The names that cannot be left out."""
    return [name for name, _, is_needed in named(wants) if is_needed and ROW not in name]


def examples(wants: Wants, *, rows: int = 2, mark: str = "‹{}›") -> dict[str, Any]:
    """A value for each, that says its own name."""
    return {name: _example(name, want, rows, mark) for name, want in wants.items()}


def _example(name: str, want: Any, rows: int, mark: str) -> Any:
    match want["kind"]:
        case "list":
            return [_example(name, want["inner"][ROW], rows, mark) for _ in range(rows)]
        case "object":
            return examples(want["inner"], rows=rows, mark=mark)
        case "number":
            return 1
        case "link":
            return f"https://example.com/{name}"
    return mark.format(name.replace("_", " "))


def _wrong_inside(wants: Wants, given: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name in given:
        if name not in wants:
            known = f" It knows {_listed(sorted(wants))}." if wants else " It takes no values here."
            yield f"{path}/{name}", f"The email has no “{_dotted(path)}.{name}”.{known}"
    for name, want in wants.items():
        if given.get(name) is not None:
            yield from _wrong(want, given[name], f"{path}/{name}")
        elif want["needed"]:
            yield f"{path}/{name}", f"“{_dotted(path)}.{name}” is missing."


def _wrong(want: Any, value: Any, path: str) -> Iterator[tuple[str, str]]:
    match want["kind"], value:
        case "object", Mapping():
            yield from _wrong_inside(want["inner"], value, path)
        case "list", list():
            if len(value) > MOST_ROWS:
                yield path, f"“{_dotted(path)}” has {len(value)} rows; {MOST_ROWS} are the most."
                return
            for number, row in enumerate(value):
                yield from _wrong(want["inner"][ROW], row, f"{path}/{number}")
        case "link", str():
            if not value.lower().startswith(("https://", "http://", "mailto:", "tel:")):
                yield path, f"“{_dotted(path)}” is a link: it begins with https://"
        case "number", bool() | str():
            yield path, f"“{_dotted(path)}” must be a number."
        case "number" | "text" | "any", int() | float():
            return
        case "text" | "any", str():
            if len(value) > LONGEST:
                yield path, f"“{_dotted(path)}” is longer than {LONGEST:,} letters."
        case "any", list():
            return
        case kind, _:
            yield path, f"“{_dotted(path)}” must be {KINDS[kind]}."


KINDS = {
    "object": "an object with values of its own",
    "list": "a list",
    "link": "a link",
    "number": "a number",
    "text": "a text or a number",
    "any": "a text, a number or a list",
}


def _dotted(path: str) -> str:
    """“data/lines/0/price” as it is written in an email: data.lines[0].price."""
    said = ""
    for part in path.split("/"):
        said += f"[{part}]" if part.isdigit() else f".{part}" if said else part
    return said


def _listed(names: list[str]) -> str:
    return ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
