"""INSERT … SELECT from a queryset: rows are made where the data is, on both databases; and several querysets asked at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import CharField, DateTimeField, Field, ForeignKey, Func, Lookup, Model, QuerySet, Value
from django.db.models.expressions import Expression
from django.db.models.functions import Cast


@ForeignKey.register_lookup
@Field.register_lookup
class Among(Lookup):
    """`contact__among=ids`: as `in`, but thousands of ids are one parameter, which costs next to nothing to pass."""

    lookup_name = "among"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: Any, connection: Any) -> Any:
        ids = [int(one) for one in value]
        return "%s", [ids if connection.vendor == "postgresql" else json.dumps(ids)]

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, params = self.process_lhs(compiler, connection)
        ids, given = self.process_rhs(compiler, connection)
        if connection.vendor == "postgresql":
            return f"{column} = ANY({ids}::bigint[])", [*params, *given]
        return f"{column} IN (SELECT value FROM json_each({ids}))", [*params, *given]


class RandomHex(Func):
    """32 letters nobody can guess, another one in each row."""

    arity = 0
    output_field = CharField()

    def as_sql(self, *args: Any, **extra: Any) -> Any:
        return "lower(hex(randomblob(16)))", []

    def as_postgresql(self, *args: Any, **extra: Any) -> tuple[str, list]:
        return "replace(gen_random_uuid()::text, '-', '')", []


class Later(Func):
    """A moment, and (number - 1) × `seconds` after it: the number is a place in a queue that begins with 1."""

    output_field = DateTimeField()

    def __init__(self, moment: Any, number: Any, seconds: float) -> None:
        super().__init__(moment, number)
        self.seconds = seconds

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> Any:  # type: ignore[override]
        parts, params = [], []
        for expression in self.get_source_expressions():
            sql, given = compiler.compile(expression)
            parts.append(sql)
            params += given
        moment, number = parts
        said = "({} + ({} - 1) * %s * interval '1 second')"
        if connection.vendor == "sqlite":
            said = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', {}, '+' || (({} - 1) * %s) || ' seconds')"
        return said.format(moment, number), [*params, self.seconds]


def typed(value: Any, field: Field) -> Expression:
    """A constant with its type: PostgreSQL would take it for text, SQLite must not reformat it."""
    if connection.vendor == "sqlite":
        return Value(value, output_field=field)
    return Cast(Value(value, output_field=field), field)


def insert_select(model: type[Model], columns: Sequence[str], rows: QuerySet) -> int:
    """Insert what `rows` (a values_list in the order of `columns`) selects; conflicting rows are left out. Answers how many are new."""
    try:
        select, params = rows.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return 0
    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        # WHERE true: else SQLite reads ON CONFLICT as the condition of a join
        cursor.execute(
            f"INSERT INTO {table} ({quoted}) SELECT * FROM ({select}) AS new_rows WHERE true ON CONFLICT DO NOTHING",
            params,
        )
        return max(cursor.rowcount, 0)


def asked_at_once(select: str, querysets: Sequence[QuerySet]) -> list[tuple]:
    """`select` (“{n}, COUNT(*)”) over each of these, by one query; {n} is the number of the queryset. One that is empty by itself is left out."""
    parts: list[str] = []
    params: list[Any] = []
    for number, rows in enumerate(querysets):
        try:
            sql, given = rows.query.sql_with_params()
        except EmptyResultSet:
            continue
        parts.append(f"SELECT {select.format(n=number)} FROM ({sql}) AS rows{number}")
        params.extend(given)
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        return cursor.fetchall()
