"""Offer a tab: a part of a record's page that is drawn only when it is opened."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

from crm.hooks.registry import Registry, Text

EVERY = "*"


@dataclass(frozen=True)
class Tab:
    """`on` is the page's record (“crm.contact”), or EVERY. `name` stands in the address: ?tab=products.

    `render(request, record)` answers HTML. `is_shown(record)` leaves it out where it makes no sense. Orders in use:
    summary 0, the app's own parts 20, related 40, files 60, history 90.
    """

    name: str
    on: str
    label: Text
    render: Callable[[HttpRequest, Any], SafeString | str]
    order: int = 50
    is_shown: Callable[[Any], bool] | None = None


_tabs: Registry[Tab] = Registry("tab")


def register(tab: Tab) -> None:
    _tabs.register(f"{tab.on} {tab.name}", tab)


def tabs_on(record: Any) -> list[Tab]:
    """The tabs of this record's page, in their order."""
    label = record._meta.label_lower
    offered = [tab for tab in _tabs.values() if tab.on in (label, EVERY)]
    return sorted((tab for tab in offered if not tab.is_shown or tab.is_shown(record)), key=lambda tab: tab.order)
