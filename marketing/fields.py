"""Stored JSON -> the fields of a form. Everything a marketer can get wrong is caught here, with its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from crm.delivery.purposes import names
from crm.errors import Invalid
from crm.languages import shipped
from crm.models import Channel, Purpose

KINDS = {
    "text": "Text",
    "email": "Email address",
    "phone": "Phone number",
    "choice": "Choice",
    "checkbox": "Tick box",
    "country": "Country",
    "long_text": "Long text",
    "consent": "Consent",
}
FILLS = {
    "first_name": "First name",
    "last_name": "Last name",
    "company": "Company",
    "job_title": "Job title",
    "city": "City",
}
"""What a text field may fill in on the contact; email, phone and country fill their own."""
LONGEST = {"text": 200, "email": 254, "phone": 40, "long_text": 4000}
MOST_FIELDS = 40
RESERVED = {"token", "website", "t", "embed", "page"}
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
KNOWN_KEYS = {"name", "kind", "label", "required", "help", "fills", "choices", "channel", "purpose", "topic", "text"}


@dataclass(frozen=True)
class FormField:
    """One question.

    `choices` belong to kind choice. `channel`, `purpose`, `topic` (an id) and `text` (what is agreed to) belong to kind consent.
    """

    name: str
    kind: str
    label: str
    required: bool = False
    help: str = ""
    fills: str = ""
    choices: tuple[str, ...] = ()
    channel: str = ""
    purpose: str = ""
    topic: int | None = None
    text: str = ""


STARTING: list[dict[str, Any]] = [
    {"name": "first_name", "kind": "text", "label": shipped("First name"), "required": True, "fills": "first_name"},
    {"name": "last_name", "kind": "text", "label": shipped("Last name"), "required": True, "fills": "last_name"},
    {"name": "email", "kind": "email", "label": shipped("Email"), "required": True},
    {"name": "company", "kind": "text", "label": shipped("Company"), "required": False, "fills": "company"},
    {"name": "country", "kind": "country", "label": shipped("Country"), "required": False},
    {"name": "phone", "kind": "phone", "label": shipped("Mobile number"), "required": False},
    {
        "name": "text_reminder",
        "kind": "consent",
        "label": shipped("Reminder"),
        "required": False,
        "channel": "sms",
        "purpose": "transactional",
        "text": shipped("Remind me by a text message to this number."),
    },
    {
        "name": "news",
        "kind": "consent",
        "label": shipped("News"),
        "required": False,
        "channel": "email",
        "purpose": "commercial",
        "text": shipped("Yes, write to me about news and events. I can stop this at any time."),
    },
]
"""Said when the module is read, so that every process knows these words as Tandem's own (crm.languages.shipped)."""


def starting_fields() -> list[dict[str, Any]]:
    """What a new form begins with: who you are, how to reach you, and what you agree to."""
    return deepcopy(STARTING)


def parse(raw: Any) -> tuple[FormField, ...]:
    """The fields in their order. Raises Invalid, with the path of what is wrong: fields/2/label."""
    if not isinstance(raw, list) or not raw:
        raise Invalid("A form needs at least one field.", field="fields")
    if len(raw) > MOST_FIELDS:
        raise Invalid(f"A form has at most {MOST_FIELDS} fields; this one has {len(raw)}.", field="fields")
    fields = tuple(_field(entry, f"fields/{place}") for place, entry in enumerate(raw))
    _names_differ(fields)
    _somebody_is_named(fields)
    return fields


def _field(entry: Any, path: str) -> FormField:
    if not isinstance(entry, dict):
        raise Invalid("A field is an object with name, kind and label.", field=path)
    if unknown := sorted(set(entry) - KNOWN_KEYS):
        raise Invalid(f"A field knows no “{unknown[0]}”.", field=f"{path}/{unknown[0]}")
    kind = entry.get("kind")
    if kind not in KINDS:
        raise Invalid(f"There is no kind of field “{kind}”. Known: {', '.join(KINDS)}.", field=f"{path}/kind")
    name = entry.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise Invalid("A field's name has small letters, digits and _, and begins with a letter.", field=f"{path}/name")
    if name in RESERVED:
        raise Invalid(f"The name “{name}” is taken by the page itself.", field=f"{path}/name")
    return FormField(
        name=name,
        kind=kind,
        label=_text(entry, "label", path, longest=200, needed=True),
        required=_flag(entry, path),
        help=_text(entry, "help", path, longest=300),
        fills=_fills(entry, kind, path),
        choices=_choices(entry, kind, path),
        channel=_one_of(Channel.values, entry.get("channel", "email"), kind, f"{path}/channel"),
        purpose=_purpose(entry, kind, f"{path}/purpose"),
        topic=_topic(entry, kind, path),
        text=_text(entry, "text", path, longest=1000, needed=kind == "consent"),
    )


def _text(entry: dict[str, Any], key: str, path: str, *, longest: int, needed: bool = False) -> str:
    value = entry.get(key, "")
    if not isinstance(value, str) or "\x00" in value:
        raise Invalid(f"“{key}” is a text.", field=f"{path}/{key}")
    if len(value) > longest:
        raise Invalid(f"This is longer than {longest} characters.", field=f"{path}/{key}")
    if needed and not value.strip():
        what = "the text that people agree to" if key == "text" else f"a {key}"
        raise Invalid(f"The field “{entry.get('name')}” needs {what}.", field=f"{path}/{key}")
    return value.strip()


def _flag(entry: dict[str, Any], path: str) -> bool:
    value = entry.get("required", False)
    if not isinstance(value, bool):
        raise Invalid("“required” is true or false.", field=f"{path}/required")
    return value


def _fills(entry: dict[str, Any], kind: str, path: str) -> str:
    fills = entry.get("fills", "")
    if not fills or kind != "text":
        return ""
    if fills not in FILLS:
        raise Invalid(f"A field cannot fill in “{fills}”. Known: {', '.join(FILLS)}.", field=f"{path}/fills")
    return str(fills)


def _choices(entry: dict[str, Any], kind: str, path: str) -> tuple[str, ...]:
    if kind != "choice":
        return ()
    choices = entry.get("choices")
    if not isinstance(choices, list) or not all(isinstance(c, str) and 0 < len(c.strip()) <= 200 for c in choices):
        raise Invalid("Choices are a list of texts, none of them empty.", field=f"{path}/choices")
    choices = [choice.strip() for choice in choices]
    if not choices or len(set(choices)) < len(choices):
        raise Invalid(f"“{entry.get('label')}” needs choices, each one once.", field=f"{path}/choices")
    return tuple(choices)


def _one_of(known: Sequence[str], value: Any, kind: str, path: str) -> str:
    if kind != "consent":
        return ""
    if value not in known:
        raise Invalid(f"Here one of these must stand: {', '.join(known)}.", field=path)
    return str(value)


def _purpose(entry: dict[str, Any], kind: str, path: str) -> str:
    """The three that are always there, else one that the company has added."""
    value = entry.get("purpose")
    if kind != "consent" or value in Purpose.values:
        return str(value) if kind == "consent" else ""
    return _one_of(list(names()), value, kind, path)


def _topic(entry: dict[str, Any], kind: str, path: str) -> int | None:
    topic = entry.get("topic")
    if kind != "consent" or topic in (None, ""):
        return None
    if not isinstance(topic, int) or isinstance(topic, bool):
        raise Invalid("A topic is named by its number.", field=f"{path}/topic")
    return topic


def _names_differ(fields: Sequence[FormField]) -> None:
    seen: set[str] = set()
    for place, field in enumerate(fields):
        if field.name in seen:
            raise Invalid(f"Two fields are named “{field.name}”.", field=f"fields/{place}/name")
        seen.add(field.name)


def _somebody_is_named(fields: Sequence[FormField]) -> None:
    """Without an address nobody can be found again, so there is one email field, and it is required."""
    emails = [field for field in fields if field.kind == "email"]
    if len(emails) != 1:
        raise Invalid("A form has exactly one email field: it says who answered.", field="fields")
    if not emails[0].required:
        raise Invalid("The email field must be required: it says who answered.", field="fields")
