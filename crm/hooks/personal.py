"""Offer what you hold about a person: for the export of everything, and for what anonymising and erasing do to it.

    personal.register(PersonalData("marketing.submission", _("Answers to forms"), submissions_of, since="at",
                                   blank={"values": {}}, deletes=ON_ERASE))

in `wiring.py`. A test walks every relation to a contact and fails where nobody has registered what it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from crm.hooks.registry import Registry, Text

NEVER, ON_ERASE, ALWAYS = "", "erase", "always"


@dataclass(frozen=True)
class PersonalData:
    """`name` is the label of the model. `rows(contact_id)` are those about this person; `since` is their column of time.

    Anonymising sets the columns of `blank` and keeps the rows, so that sums and counts stay true. `deletes` says whether
    erasing deletes them (ON_ERASE), or anonymising does so, too (ALWAYS); rows that are not deleted are blanked.
    `before(rows)` is called ahead of either, for what hangs on the rows (files).
    `why_kept` says to people why something stays readable; such rows are neither blanked nor deleted.
    `hides` names columns that the export leaves out, since they are of no use to the person (claims, keys).
    """

    name: str
    label: Text
    rows: Callable[[int], QuerySet]
    since: str = "created_at"
    blank: Mapping[str, Any] = field(default_factory=dict)
    deletes: str = NEVER
    before: Callable[[QuerySet], None] | None = None
    why_kept: Text = ""
    hides: tuple[str, ...] = ()
    order: int = 50


_data: Registry[PersonalData] = Registry("kind of personal data")


def register(*kinds: PersonalData) -> None:
    for kind in kinds:
        _data.register(kind.name, kind)


def all_personal_data() -> list[PersonalData]:
    return sorted(_data.values(), key=lambda kind: kind.order)


def of_contact(model: Any, column: str = "contact_id") -> Callable[[int], QuerySet]:
    """The usual `rows`: those whose `column` names the contact, also such as are in the bin."""
    return lambda contact: model._base_manager.filter(**{column: contact})
