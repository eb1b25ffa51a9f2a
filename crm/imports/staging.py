"""Lines into the staging table, a batch in one statement; and spans of them, which is what everything else works on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db import connection
from django.db.models import Min, QuerySet

from crm.hooks import importers
from crm.hooks.importers import Importer
from crm.imports.lines import Cleaned
from crm.imports.sql import is_postgresql
from crm.models import Import, ImportLine

CREATE, UPDATE, SAME = ImportLine.Verdict.CREATE, ImportLine.Verdict.UPDATE, ImportLine.Verdict.SAME
ERROR, SKIP = ImportLine.Verdict.ERROR, ImportLine.Verdict.SKIP
LINE_COLUMNS = ("of_id", "number", "values", "match_key", "verdict", "problem")
LONGEST_PROBLEM = 300


@dataclass(frozen=True)
class Span:
    """Some lines of one import, from `low` to `high`, both included. `is_run`: it is done for good, no longer a check."""

    of: Import
    low: int
    high: int
    is_run: bool = False

    def lines(self) -> QuerySet[ImportLine]:
        return ImportLine.objects.filter(of=self.of, number__gte=self.low, number__lte=self.high)

    def judged_before(self) -> QuerySet[ImportLine]:
        """What is to be judged: nothing has been said yet; or, in the run, what is not out of the question already."""
        return self.lines().filter(verdict__in=[CREATE, UPDATE, SAME] if self.is_run else [""])

    @property
    def params(self) -> list[int]:
        return [self.of.pk, self.low, self.high]

    @cached_property
    def mapped(self) -> frozenset[str]:
        return frozenset(self.of.mapping.values())

    @cached_property
    def importer(self) -> Importer:
        return importers.get(self.of.kind)


# What SQL is shared: %s, %s, %s are those of `Span.params`.
IN_SPAN = "l.of_id = %s AND l.number BETWEEN %s AND %s"


def stage(of: Import, rows: Sequence[tuple[int, Cleaned]]) -> Span:
    """Write the rows, in one statement, and answer their span.

    A line that cannot be used is an error from the start; of several lines with one key the first counts, and the
    others say which that is.
    """
    span = Span(of, rows[0][0], rows[-1][0])
    first = _first_lines(of, {line.key for _, line in rows if line.key})
    records = []
    for number, line in rows:
        verdict, problem = (ERROR.value, line.problem[:LONGEST_PROBLEM]) if line.problem else ("", "")
        if line.key and (before := first.setdefault(line.key, number)) != number:
            verdict, problem = SKIP.value, span.importer.same_key.format(line=before)
        records.append((of.pk, number, json.dumps(line.values), line.key, verdict, problem))
    table = ImportLine._meta.db_table
    columns = ", ".join(f'"{name}"' for name in LINE_COLUMNS)
    with connection.cursor() as cursor:
        if is_postgresql():
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for record in records:
                    copy.write_row(record)
        else:
            marks = ", ".join(["%s"] * len(LINE_COLUMNS))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", records)
    return span


def _first_lines(of: Import, keys: set[str]) -> dict[str, int]:
    """Where in the batches before these keys stood first. By a list of keys: a join would be planned blindly, as the
    table has no statistics yet.
    """
    lines = ImportLine.objects.filter(of=of, match_key__in=keys)
    return dict(lines.order_by().values_list("match_key").annotate(first=Min("number")))
