"""Offer a view: a box that another app shows on a record's page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

from crm.hooks import records
from crm.hooks.registry import Registry, Text

EVERY = "*"


@dataclass(frozen=True)
class Panel:
    """`on` is the page's record (“crm.contact”), or EVERY kind of record (crm/hooks/records.py); `render` answers HTML, or ""
    where there is nothing to show. One that `travels` stands beside the records that are about this one as well: the
    segments of a person beside her lead.
    """

    name: str
    on: str
    title: Text
    render: Callable[[HttpRequest, Any], SafeString | str]
    order: int = 50
    travels: bool = True


_panels: Registry[Panel] = Registry("panel")


def register(panel: Panel) -> None:
    _panels.register(panel.name, panel)


def panels_on(record: str) -> list[Panel]:
    wanted = (record, EVERY) if records.known(record) else (record,)
    return sorted((p for p in _panels.values() if p.on in wanted), key=lambda p: p.order)
