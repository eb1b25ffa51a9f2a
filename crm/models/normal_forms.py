"""Records that keep normal forms of their names and numbers in columns, so that duplicates are found by an index.

Whoever saves one record or creates many writes the forms with them. Whoever writes otherwise (an `update` by set, COPY,
raw SQL) leaves or sets `normal_version` to 0: the row says by itself that its forms are to be made, and a job makes them
within seconds (crm/actions/normal_forms.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from crm import normal
from crm.models.records import RecordQuerySet


class NormalFormsQuerySet(RecordQuerySet):
    """Bulk writers keep the forms, too, or mark the rows whose forms are to be made anew."""

    def without_forms(self) -> Self:
        """The rows whose forms are still to be made. The number stands in the text: SQLite uses a partial index only so."""
        written = f'"{self.model._meta.db_table}"."normal_version" < {normal.VERSION:d}'
        return self.extra(where=[written])  # type: ignore[return-value]

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        rows = list(objs)
        for row in rows:
            row.make_forms()
        return super().bulk_create(rows, *args, **kwargs)

    def update(self, **values: Any) -> int:
        model: Any = self.model
        if model.forms_come_from & values.keys():
            values.setdefault("normal_version", 0)
        return super().update(**values)


class NormalForms(models.Model):
    """`forms_come_from` are the columns that the forms are made of, `form_columns` those they are kept in."""

    normal_version = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)

    forms_come_from: ClassVar[frozenset[str]] = frozenset()
    form_columns: ClassVar[Sequence[str]] = ()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        names = kwargs.get("update_fields")
        if names is None:
            self.make_forms()
        elif self.forms_come_from & set(names):
            self.make_forms()
            kwargs["update_fields"] = [*names, *self.form_columns, "normal_version"]
        super().save(*args, **kwargs)

    def make_forms(self) -> None:
        """Fill the columns of the forms from what the record says now."""
        for column, value in self.forms().items():
            setattr(self, column, value)
        self.normal_version = normal.VERSION

    def forms(self) -> dict[str, str]:
        """The forms as they should be, by column."""
        raise NotImplementedError


def form_column(length: int = normal.LONGEST) -> models.CharField:
    """Empty where there is nothing to compare. The database's default serves writers that know no forms."""
    return models.CharField(max_length=length, blank=True, default="", db_default="", editable=False)


def filled(*columns: str) -> Q:
    """The condition of an index over forms: most rows have no such form."""
    return ~Q(**{columns[0]: ""})


def to_be_made() -> Q:
    """The condition of the index that finds rows without forms; when the version rises, the index is made anew."""
    return Q(normal_version__lt=normal.VERSION)
