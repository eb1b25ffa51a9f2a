"""Query strings of lists: the one of this page with some names changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import QueryDict

from crm.field_operators import split

PLACE = ("page", "after", "before")
"""Where in the list the reader is; another filter or order begins at its beginning."""


def query_with(query: QueryDict, *, without: Iterable[str] = (), **changes: str | list[str] | None) -> str:
    """“?status=open&…”. `without` are fields whose every filter goes; None or "" takes a name out. The place goes, too."""
    gone = set(without)
    made = QueryDict(mutable=True)
    for name, values in query.lists():
        if name not in PLACE and split(name)[0] not in gone and name not in changes:
            made.setlist(name, values)
    for name, value in changes.items():
        if value:
            made.setlist(name, value if isinstance(value, list) else [value])
    return f"?{made.urlencode()}" if made else "?"


def hidden(query: QueryDict, *, without: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Names and values that a GET form carries along, so that it changes only its own."""
    gone: set[Any] = {*without, *PLACE}
    return [(name, value) for name, values in query.lists() for value in values if split(name)[0] not in gone]
