"""What an email's tokens stand for: the reader, the writer, the company, and every field of the record that is written about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _

from crm.bulk.export import Reader
from crm.delivery import templates
from crm.delivery.contents import Content
from crm.delivery.persons import CONTACT, values_of
from crm.delivery.templates import Problem
from crm.hooks import records
from crm.hooks.records import Field, RecordKind
from crm.models import Company, Contact, User

USED = re.compile(r"[a-zA-Z_]\w*(?:\.\w+)+")
BESIDE = {"account": "crm.account"}
"""What a record names that its emails may speak of, too."""


@dataclass(frozen=True)
class Filled:
    """A template said to one person. `empty` are the tokens for which nothing is known, so that the text has a hole."""

    subject: str
    html: str
    empty: list[str] = field(default_factory=list)


def tokens_for(about: str) -> list[tuple[str, str]]:
    """(label, token) of what can be said in a template about such records, for a menu."""
    person = [(f"{_('Contact')}: {name.replace('_', ' ')}", f"contact.{name}") for name in sorted(CONTACT)]
    rest = [
        (_("You: name"), "sender.name"),
        (_("You: email"), "sender.email"),
        (_("Our company: name"), "company.name"),
    ]
    fields = [(f"{kind.label}: {f.label}", f"{group}.{f.name}") for group, kind in _groups(about) for f in _said(kind)]
    return [*person, *fields, *rest]


def problems_in(subject: str, html: str, about: str) -> list[Problem]:
    """Tokens that nobody will fill, and what is no template at all."""
    known = frozenset(token for _label, token in tokens_for(about))
    return templates.check(Content(name="", subject=subject, html=html, variables=known))


def filled(subject: str, html: str, *, record: Any, contact: Contact | None, by: User) -> Filled:
    """Raises LiquidError where a limit of the template language is passed."""
    values = words_of(record, contact, by, used=set(USED.findall(f"{subject} {html}")))
    said = templates.parse(subject, is_html=False).render(values, is_html=False)
    text = templates.parse(html, is_html=True).render(values, is_html=True)
    return Filled(" ".join(said.split())[:200], text, sorted(_holes(subject, html, values)))


def words_of(record: Any, contact: Contact | None, by: User, *, used: set[str]) -> dict[str, str]:
    """“contact.first_name” → “Asha”, for the tokens in `used`."""
    values: dict[str, str] = dict(_of_record(record, by, used)) if record is not None else {}
    company = Company.objects.first()
    return {
        **values,
        **values_of(contact),
        "sender.name": by.name,
        "sender.email": by.email,
        "company.name": company.name if company else "",
        "company.postal_address": company.postal_address if company else "",
    }


def label_of(record: Any) -> str:
    """What a template is about, of a record: “sales.lead”; "" where it is of no kind."""
    label = record._meta.label_lower if record is not None else ""
    return label if records.known(label) else ""


def _holes(subject: str, html: str, values: dict[str, str]) -> Iterator[str]:
    """Tokens without a value that name no other word instead."""
    for source in (subject, templates.readable(html)):
        for match in templates.TOKEN.finditer(source):
            if not values.get(match[1]) and not (match[2] or match[3]):
                yield match[1]


def _of_record(record: Any, by: User, used: set[str]) -> Iterator[tuple[str, str]]:
    for group, kind in _groups(label_of(record)):
        one = record if group == _group(kind) and isinstance(record, kind.model) else getattr(record, group, None)
        wanted = [f for f in _said(kind) if f"{group}.{f.name}" in used]
        if one is None or not wanted:
            continue
        cells = next(Reader(kind, wanted, False, ZoneInfo(by.time_zone or "UTC")).cells([one]))
        yield from ((f"{group}.{f.name}", _word(cell)) for f, cell in zip(wanted, cells, strict=True))


def _groups(about: str) -> Iterator[tuple[str, RecordKind]]:
    """(“lead”, its kind), and what it names beside."""
    if not about or not records.known(about):
        return
    kind = records.get(about)
    yield _group(kind), kind
    names = {f.name for f in kind.model._meta.get_fields()}
    yield from ((name, records.get(label)) for name, label in BESIDE.items() if name in names and label != about)


def _group(kind: RecordKind) -> str:
    return kind.name.partition(".")[2]


def _said(kind: RecordKind) -> list[Field]:
    return [f for f in kind.all_fields() if f.kind != "tags"]


def _word(cell: Any) -> str:
    return "" if cell is None else str(formats.localize(cell))
