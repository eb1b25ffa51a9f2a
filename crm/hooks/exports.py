"""Offer an export: rows beside the lists of records (consent, suppressions, tags, products) as a file that the importer reads back.

    exports.register(Export("crm.consent", _("Consent"), "shield-check", consent_columns, rows_of_consent, cells_of_consent))

in `wiring.py`. Records themselves are exported from their lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from crm.access.depths import may
from crm.hooks.registry import Registry, Text


@dataclass(frozen=True)
class Export:
    """`columns` are titles as the importer guesses them; `rows(user)` what the reader may see, ordered by what is unique;
    `cells(batch)` a list of cells for each line of a batch of rows. Who may `resource`'s verb “export”, may have it.
    """

    name: str
    label: Text
    icon: str
    resource: str
    columns: Sequence[str]
    rows: Callable[[Any], QuerySet]
    cells: Callable[[Sequence[Any]], Iterator[list[Any]]]
    help_text: Text = ""
    order: int = 50


_exports: Registry[Export] = Registry("export")


def register(export: Export) -> None:
    _exports.register(export.name, export)


def open_to(user: Any) -> list[Export]:
    """Those that the user's role grants, in their order."""
    return sorted((e for e in _exports.values() if may(user, e.resource, "export")), key=lambda export: export.order)
