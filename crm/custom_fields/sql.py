"""How SQL reads a custom value: one expression a type, the same letter by letter in queries and in the index made on demand.

A value of another type than its field (which only a foreign program can have written) reads as missing.
"""

from __future__ import annotations

import re
from typing import Any

from django.db import connections
from django.db.models import BooleanField, F, Field, FloatField, Func, TextField
from django.db.models.expressions import Combinable

from crm.models.custom_fields import KEY

NUMBERS = ("number", "money", "lookup", "person")
TEXTS = ("text", "longtext", "url")


class CustomValue(Func):
    """The value under `key` of the JSON column at `path` (“custom”, “account__custom”), by the kind of its field.

    Text comes in lower case, numbers and ids as numbers, days as 2026-11-30, a choice as it is stored, yes and no as
    “true” and “false”. Null where there is none.
    """

    def __init__(self, kind: str, key: str, path: str | Combinable = "custom", **extra: Any) -> None:
        self.kind, self.key = kind, key
        output: Field = FloatField() if kind in NUMBERS else TextField()
        super().__init__(F(path) if isinstance(path, str) else path, output_field=output, **extra)

    def as_sql(self, compiler: Any, connection: Any, **more: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        column, _none = compiler.compile(self.source_expressions[0])
        return value_sql(self.kind, self.key, column, connection.vendor), ()


class HasChoices(Func):
    """Does the list under `key` hold any (or every) of the choices? Null where there is no list (PostgreSQL), or false."""

    def __init__(self, key: str, choices: tuple[str, ...], path: str = "custom", *, every: bool = False) -> None:
        self.key, self.wanted, self.every = key, list(dict.fromkeys(choices)), every
        super().__init__(F(path), output_field=BooleanField())

    def as_sql(self, compiler: Any, connection: Any, **more: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        column, _none = compiler.compile(self.source_expressions[0])
        places = ", ".join(["%s"] * len(self.wanted))
        if connection.vendor == "postgresql":
            found = value_sql("choices", self.key, column, connection.vendor)
            return f"{found} ?{'&' if self.every else '|'} ARRAY[{places}]::text[]", tuple(self.wanted)
        held = (
            f"SELECT count(DISTINCT value) FROM json_each({column}, {_json_path(self.key)}) WHERE value IN ({places})"
        )
        return f"({held}) >= {len(self.wanted) if self.every else 1}", tuple(self.wanted)


def value_sql(kind: str, key: str, column: str, vendor: str) -> str:
    """The expression; `column` is quoted SQL. Keys are letters, digits and underscores: they stand in it literally."""
    if not re.fullmatch(KEY, key):
        raise ValueError(f"“{key}” is no key of a custom field.")
    return _postgresql(kind, key, column) if vendor == "postgresql" else _sqlite(kind, key, column)


def _postgresql(kind: str, key: str, column: str) -> str:
    text = f"({column} ->> '{key}')"
    if kind in NUMBERS:
        return f"(CASE WHEN jsonb_typeof({column} -> '{key}') = 'number' THEN {text}::numeric END)"
    if kind in TEXTS:
        return f"lower({text})"
    if kind == "day":
        return f'({text} COLLATE "C")'
    return f"({column} -> '{key}')" if kind == "choices" else text


def _sqlite(kind: str, key: str, column: str) -> str:
    path = _json_path(key)
    value = f"json_extract({column}, {path})"
    if kind in NUMBERS:
        return f"(CASE WHEN json_type({column}, {path}) IN ('integer', 'real') THEN {value} END)"
    if kind == "yesno":
        return f"(CASE json_type({column}, {path}) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' END)"
    return f"lower({value})" if kind in TEXTS else value


def _json_path(key: str) -> str:
    return f"'$.\"{key}\"'"


def index_sql(name: str, table: str, kind: str, key: str, using: str = "default") -> str:
    """The statement that makes the index which `CustomValue` in a query uses."""
    connection = connections[using]
    quote = connection.ops.quote_name
    made = value_sql(kind, key, quote("custom"), connection.vendor)
    if connection.vendor != "postgresql":
        return f"CREATE INDEX IF NOT EXISTS {quote(name)} ON {quote(table)} ({made})"
    if kind == "choices":
        return f"CREATE INDEX CONCURRENTLY {quote(name)} ON {quote(table)} USING gin ({made})"
    words = " text_pattern_ops" if kind in TEXTS else ""
    return f"CREATE INDEX CONCURRENTLY {quote(name)} ON {quote(table)} ({made}{words})"
