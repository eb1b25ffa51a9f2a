"""The month of a day as one number, which an index can hold on both engines."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Func, IntegerField


class MonthOf(Func):
    """Year times twelve plus month of a date column; NULL for none."""

    template = "(extract(year FROM %(expressions)s) * 12 + extract(month FROM %(expressions)s))::integer"
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = (
            "(CAST(substr(%(expressions)s, 1, 4) AS integer) * 12 + CAST(substr(%(expressions)s, 6, 2) AS integer))"
        )
        return self.as_sql(compiler, connection, template=template, **context)


def month_number(day: date) -> int:
    """What `MonthOf` makes of it."""
    return day.year * 12 + day.month
