"""Query strings of lists: the one of this page with some names changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from django.http import QueryDict
from django.urls import reverse

from crm.field_operators import split
from crm.hooks.records import RecordKind

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


GROUPED = "by"
"""The name in the query string that makes a board of a list."""


def rows_page(kind: RecordKind, query: QueryDict, asked: str = "") -> str:
    """Where the rows of a query string are looked at: on the board where it groups them, else in the list; `asked` follows."""
    if kind.board_url and (by := query.get(GROUPED)):
        return f"{reverse(kind.board_url)}?{asked}{'&' if asked else ''}{GROUPED}={quote(by)}"
    return f"{reverse(kind.list_url)}{'?' if asked else ''}{asked}"
