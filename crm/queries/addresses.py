"""Where a record has its page."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch


def address_of(record: Any) -> str:
    """The page of a record, or "" where it has none, or rests in the bin."""
    if getattr(record, "deleted_at", None):
        return ""
    try:
        return record.get_absolute_url() if hasattr(record, "get_absolute_url") else ""
    except NoReverseMatch:
        return ""
