"""The few words of SQL in which PostgreSQL and SQLite differ, and INSERT … SELECT with a model's own defaults."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Field, Model, QuerySet

Assigned = dict[str, tuple[str, list[Any]]]
"""Column -> (SQL, parameters)."""


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def run(sql: str, params: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        return cursor.rowcount


def said(name: str) -> str:
    """What the line `l` says, as text; NULL where it says nothing."""
    return f"""(l."values" ->> '{name}')"""


def json_literal() -> str:
    return "%s::jsonb" if is_postgresql() else "%s"


def array(*items: str) -> str:
    return f"{'jsonb_build_array' if is_postgresql() else 'json_array'}({', '.join(items)})"


def object_without_nulls(pairs: Sequence[tuple[str, str]]) -> str:
    inside = ", ".join(f"'{name}', {sql}" for name, sql in pairs)
    if is_postgresql():
        return f"jsonb_strip_nulls(jsonb_build_object({inside}))"
    return f"json_patch('{{}}', json_object({inside}))"


def as_object(column: str) -> str:
    """A JSON column as JSON: SQLite keeps it as text and would put it into another one as a string."""
    return column if is_postgresql() else f"json({column})"


def as_in_a_cell(text: str) -> str:
    """A stored text as it comes back in a cell (crm/imports/reading.py): no blanks around it, a new line is one sign."""
    one_line_end = rf"replace({text}, chr(13) || chr(10), chr(10))"
    if is_postgresql():
        return f"btrim({one_line_end}, ' ' || chr(9) || chr(10) || chr(13))"
    return f"trim({one_line_end}, ' ' || chr(9) || chr(10) || chr(13))".replace("chr(", "char(")


def joined(first: str, over: str) -> str:
    """Two JSON objects as one; where both say something, `over` counts. (|| and -> bind alike, from the left.)"""
    return f"(({first}) || ({over}))" if is_postgresql() else f"json_patch({first}, {over})"


def embedded(rows: QuerySet) -> tuple[str, list[Any]]:
    """A values queryset as the inside of an IN (…)."""
    sql, params = rows.query.get_compiler(connection=connection).as_sql()
    return sql, list(params)


def insert(
    model: type[Model],
    assigned: Assigned,
    chosen: str,
    params: Sequence[Any],
    *,
    leave_id: bool = False,
    returning: bool = False,
) -> list[int]:
    """INSERT … SELECT with every column: the assigned ones, and the model's own defaults for the rest.

    Answers the new ids where they are asked for.
    """
    columns, expressions, values = [], [], []
    for field in model._meta.concrete_fields:
        if field.generated or (leave_id and field.primary_key):
            continue
        if field.column in assigned:
            sql, given = assigned[field.column]
        elif field.has_db_default():
            continue
        else:
            sql, given = _default_of(field)
        columns.append(f'"{field.column}"')
        expressions.append(sql)
        values.extend(given)
    sql = f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) SELECT {', '.join(expressions)} {chosen}"
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} RETURNING id" if returning else sql, [*values, *params])
        return [row[0] for row in cursor.fetchall()] if returning else []


def _default_of(field: Field) -> tuple[str, list[Any]]:
    value = field.get_default()
    if value is None:
        return "NULL", []
    if field.get_internal_type() == "JSONField":
        return json_literal(), [json.dumps(value)]
    return "%s", [field.get_db_prep_save(value, connection)]
