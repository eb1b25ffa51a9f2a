"""Pairs of like records over a whole table, in SQL: each group of n gives n − 1 pairs, all with its oldest member.

A rule is read in slices of the sorted values of its first form. Within a slice the values that occur twice are found by an
index alone; only the few records that have them are read. Both engines speak this SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from crm.models import DuplicateRule
from crm.models.duplicates import KINDS
from crm.queries.likeness import forms_of_rule

COVERED = ("name_key", "company_key", "mail_domain")
"""What one index of contacts holds together: values of these are counted without reading a record."""
SLICE = 20_000


@dataclass(frozen=True)
class Slice:
    """The values of a rule's first form after `low` up to `high`, which is None at the end."""

    low: str
    high: str | None

    def condition(self, column: str) -> tuple[str, list[Any]]:
        text, params = f"NOT ({column} = '') AND {column} > %s", [self.low]
        return (text, params) if self.high is None else (f"{text} AND {column} <= %s", [*params, self.high])


def slice_after(rule: DuplicateRule, low: str, size: int = SLICE) -> Slice:
    """The next `size` values, fewer at the end. Each column is read in the order of its index, and no further than that."""
    arms, params = [], []
    for number, column in enumerate(forms_of_rule(rule)[0].columns):
        condition, given = Slice(low, None).condition(column)
        first = f"SELECT {column} AS k FROM {_table(rule)} WHERE {condition} ORDER BY {column} LIMIT {size + 1:d}"
        arms.append(f"SELECT k FROM ({first}) a{number}")
        params += given
    rows = _rows(f"SELECT k FROM ({' UNION ALL '.join(arms)}) u ORDER BY k LIMIT 1 OFFSET {size:d}", params)
    return Slice(low, rows[0][0] if rows else None)


def pairs_in(rule: DuplicateRule, part: Slice) -> list[tuple[int, int]]:
    """(oldest, other) of every group within the slice that is no larger than the rule allows."""
    sql, params = _pairs_sql(rule, part)
    return [(first, other) for first, other in _rows(sql, params)]


def _pairs_sql(rule: DuplicateRule, part: Slice) -> tuple[str, list[Any]]:
    table, ways = _table(rule), list(product(*(form.columns for form in forms_of_rule(rule))))
    width = _counted_width(ways[0])
    names = [f"k{n}" for n in range(len(ways[0]))]
    counted, params = [], []
    for way in dict.fromkeys(way[:width] for way in ways):
        condition, given = part.condition(way[0])
        filled = "".join(f" AND NOT ({column} = '')" for column in way[1:])
        selected = ", ".join(f"{column} AS {name}" for column, name in zip(way, names, strict=False))
        counted.append(f"SELECT {selected} FROM {table} WHERE {condition}{filled}")
        params += given
    read = []
    for way in ways:
        kept = ", ".join(f"c.{column} AS {name}" for column, name in zip(way, names, strict=True))
        joined = " AND ".join(f"c.{column} = twice.{name}" for column, name in zip(way[:width], names, strict=False))
        filled = " AND ".join(f"NOT (c.{column} = '')" for column in way)
        active = " AND c.is_active" if rule.leaves_out_inactive else ""
        living = f"SELECT {kept}, c.id FROM {{}} WHERE {joined} AND {filled} AND c.deleted_at IS NULL{active}"
        read.append(_by_index(living, table))
    grouped, key = ", ".join(names[:width]), ", ".join(names)
    sql = f"""
        WITH twice AS (SELECT {grouped} FROM ({" UNION ALL ".join(counted)}) u GROUP BY {grouped} HAVING count(*) > 1),
        living AS ({" UNION ".join(read)}),
        sized AS (SELECT id, min(id) OVER w AS first, count(*) OVER w AS size FROM living WINDOW w AS (PARTITION BY {key}))
        SELECT DISTINCT first, id FROM sized WHERE id <> first AND size <= {rule.largest_group:d}
    """
    return sql, params


def _by_index(living: str, table: str) -> str:
    """The records of the values that occur twice, each value by its index.

    PostgreSQL cannot know how few they are and would read the whole table for every slice; OFFSET 0 keeps it from that.
    """
    if connection.vendor != "postgresql":
        return living.format(f"twice JOIN {table} c")
    return f"SELECT alike.* FROM twice CROSS JOIN LATERAL ({living.format(f'{table} c')} OFFSET 0) alike"


def pairs_with_older(rule: DuplicateRule, new: QuerySet) -> list[tuple[int, int]]:
    """(older, new) for the records whose ids `new` answers, and every older one that the rule finds like them.

    A group is counted up to its limit and no further, so that a number that thousands share costs no more than one that few do.
    """
    inside, given = new.query.get_compiler(connection=connection).as_sql()
    ways = list(product(*(form.columns for form in forms_of_rule(rule))))
    fitting, arms = [], []
    for number, mine in enumerate(ways):
        keys = ", ".join(f"m.{column} AS k{n}" for n, column in enumerate(mine))
        filled = " AND ".join(f"NOT (m.{column} = '')" for column in mine)
        fitting.append(
            f"mine{number} AS (SELECT m.id, {keys} FROM {_table(rule)} m WHERE m.id IN ({inside}) AND {filled}"
            f" AND {_group_of(rule, ways, [f'm.{column}' for column in mine])} <= {rule.largest_group:d})"
        )
        for theirs in ways:
            alike = _living_with(rule, theirs, [f"m.k{n}" for n in range(len(mine))])
            arms.append(f"SELECT c.id, m.id FROM mine{number} m JOIN {_table(rule)} c ON {alike} WHERE c.id < m.id")
    return [
        (older, mine) for older, mine in _rows(f"WITH {', '.join(fitting)} {' UNION '.join(arms)}", given * len(ways))
    ]


def _group_of(rule: DuplicateRule, ways: Sequence[tuple[str, ...]], keys: Sequence[str]) -> str:
    """How many living records share these keys, in whatever columns; one more than the rule allows is enough to know."""
    most = rule.largest_group + 1
    arms = [
        f"SELECT id FROM (SELECT c.id FROM {_table(rule)} c WHERE {_living_with(rule, theirs, keys)} LIMIT {most:d}) a{number}"
        for number, theirs in enumerate(ways)
    ]
    return f"(SELECT count(*) FROM ({' UNION '.join(arms)}) u)"


def _living_with(rule: DuplicateRule, columns: Sequence[str], keys: Sequence[str]) -> str:
    same = " AND ".join(
        f"c.{column} = {key} AND NOT (c.{column} = '')" for column, key in zip(columns, keys, strict=True)
    )
    return f"{same} AND c.deleted_at IS NULL{' AND c.is_active' if rule.leaves_out_inactive else ''}"


def next_oldest(rule: DuplicateRule) -> list[tuple[int, int]]:
    """For pairs that were judged to be different: the next oldest like record, so that the younger one finds its twin."""
    table, forms = _table(rule), forms_of_rule(rule)
    alike = " AND ".join(
        "("
        + " OR ".join(
            f"(older.{a} = mine.{b} AND NOT (older.{a} = ''))" for a, b in product(form.columns, form.columns)
        )
        + ")"
        for form in forms
    )
    active = " AND older.is_active" if rule.leaves_out_inactive else ""
    sql = f"""
        SELECT min(older.id), mine.id FROM crm_duplicate d
        JOIN {table} mine ON mine.id = d.second_id JOIN {table} older ON {alike} AND older.id < mine.id
        WHERE d.kind = %s AND d.status = 'dismissed' AND mine.deleted_at IS NULL AND older.deleted_at IS NULL{active}
            AND NOT EXISTS (SELECT 1 FROM crm_duplicate known
                WHERE known.kind = d.kind AND known.first_id = older.id AND known.second_id = mine.id
                    AND known.status <> 'open')
        GROUP BY mine.id
    """
    return [(older, mine) for older, mine in _rows(sql, [rule.kind])]


def bare_grouping(rule: DuplicateRule) -> str:
    """What the database needs at least: the values that occur twice, with their oldest record. The benchmark's floor."""
    table, columns = _table(rule), [form.columns for form in forms_of_rule(rule)]
    arms = []
    for way in product(*columns):
        filled = " AND ".join(f"NOT ({column} = '')" for column in way)
        selected = ", ".join(f"{column} AS k{n}" for n, column in enumerate(way))
        arms.append(f"SELECT {selected}, id FROM {table} WHERE {filled} AND deleted_at IS NULL")
    key = ", ".join(f"k{n}" for n in range(len(columns)))
    return f"SELECT {key}, min(id), count(*) FROM ({' UNION ALL '.join(arms)}) u GROUP BY {key} HAVING count(*) > 1"


def _counted_width(way: Sequence[str]) -> int:
    """How many of the columns are counted by an index alone."""
    return len(way) if all(column in COVERED for column in way) else 1


def _table(rule: DuplicateRule) -> str:
    return KINDS[rule.kind]._meta.db_table


def _rows(sql: str, params: Sequence[Any]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        return cursor.fetchall()
