"""The rows of a list for a query string: exactly what the page shows, also for whoever acts on “all that match”.

A query string may name a view (“view=my-open”); what it says beside takes the place of what the view says of that field,
and an empty value takes it away: “view=my-open&status=” is my leads of any status.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.ways import Ways, ways_to_see
from crm.errors import Invalid
from crm.field_filters import filterset_of
from crm.field_operators import Asker, split
from crm.hooks import records
from crm.hooks.records import Field, RecordKind
from crm.queries.keyset import Order
from crm.queries.views import AnyView, Shelf

NOT_FILTERS = {"view", "sort", "columns", "page", "after", "before", "by"}
"""Names in the query string of a list that narrow nothing; “by” is how a board groups it."""
MOST_COLUMNS = 20


def rows_of(kind: RecordKind | str, user: Any, query: QueryDict) -> QuerySet:
    """The rows of a list that the user sees for this query string, in the list's order.

    Raises Invalid at the filter that is unknown or has an impossible value: it never means “everybody”.
    """
    return ListQuery(records.get(kind) if isinstance(kind, str) else kind, user, query).rows


@dataclass(frozen=True)
class ListQuery:
    """A query string, read for one reader. `now` is what “the last 30 days” count from."""

    kind: RecordKind
    user: Any
    query: QueryDict
    now: datetime

    def __init__(self, kind: RecordKind, user: Any, query: QueryDict, now: datetime | None = None) -> None:
        for name, value in (("kind", kind), ("user", user), ("query", query), ("now", now or timezone.now())):
            object.__setattr__(self, name, value)

    @cached_property
    def shelf(self) -> Shelf:
        return Shelf(self.kind, self.user)

    @cached_property
    def view(self) -> AnyView:
        """The view that is named; else the first of the kind, so that a link means the same to everybody."""
        key = self.query.get("view", "")
        return (self.shelf.named(key) if key else None) or self.shelf.first

    @cached_property
    def params(self) -> QueryDict:
        """The view's query string with what was asked beside: all that is in force, each name once."""
        said = {split(name)[0] for name in self.query}
        merged = QueryDict(mutable=True)
        for source, keep in ((QueryDict(self.view.query), lambda name: split(name)[0] not in said), (self.query, bool)):
            for name, values in source.lists():
                if keep(name) and (found := [value for value in values if value != ""]):
                    merged.setlist(name, found)
        return merged

    @cached_property
    def filterset(self) -> Any:
        """Bound, with an error at each name that is no filter."""
        asked = [name for name in self.params if name not in NOT_FILTERS]
        rows = self.kind.model._default_manager.all()
        made: Any = filterset_of(self.kind, asked)(self.params, rows, request=Asker(self.user, self.now))
        for name in asked:
            if name not in made.filters:
                made.form.errors[name] = made.form.error_class([_("There is no filter “%s”.") % name[:60]])
        return made

    @cached_property
    def problems(self) -> dict[str, str]:
        """What is wrong, by the name in the query string; with any there are no rows."""
        found = {name: errors[0] for name, errors in self.filterset.errors.items()}
        key = self.query.get("view", "")
        if key and self.view.key != key:
            found["view"] = _("This view does not exist any more, or it is not shared with you.")
        return found

    @property
    def matching(self) -> QuerySet:
        """The rows that match, whoever may see them. Raises Invalid."""
        for name, problem in self.problems.items():
            raise Invalid(problem, field=name)
        model: Any = self.kind.model
        return self.filterset.filter_queryset(model.objects.alive())

    @property
    def rows(self) -> QuerySet:
        return self.matching.visible_to(self.user).order_by(*self.order.by(is_back=False))  # type: ignore[attr-defined]

    @cached_property
    def ways(self) -> Ways | None:
        return ways_to_see(self.kind.model, self.user)

    @cached_property
    def fields(self) -> dict[str, Field]:
        return {field.name: field for field in self.kind.all_fields()}

    @cached_property
    def sort(self) -> str:
        """The field that orders the list, “-” before it for the other way round."""
        wanted = self.params.get("sort", "")
        return wanted if self.kind.columns_of(wanted) else self.kind.sort

    @property
    def order(self) -> Order:
        return Order(self.kind.columns_of(self.sort), self.sort.startswith("-"))

    @cached_property
    def columns(self) -> list[Field]:
        """The fields shown, in their order; names that are no field (any more) are passed over."""
        wanted = dict.fromkeys(self.params.get("columns", "").split(","))
        found = [self.fields[name] for name in wanted if name in self.fields][:MOST_COLUMNS]
        return found or [self.fields[name] for name in self.kind.usual_columns]

    def is_in_view(self, name: str) -> bool:
        """Does the view itself ask this field? Then an empty value is needed to take that away."""
        return any(split(one)[0] == name for one in QueryDict(self.view.query))

    @property
    def is_changed(self) -> bool:
        """Does the list show anything else than its view says?"""
        return _state(self.params) != _state(QueryDict(self.view.query))

    @property
    def as_view(self) -> str:
        """The query string of a view that shows what this list shows."""
        kept = QueryDict(mutable=True)
        for name, values in _state(self.params):
            kept.setlist(name, values)
        return kept.urlencode()


def _state(query: QueryDict) -> list[tuple[str, list[str]]]:
    """What a query string shows, in one order whatever the order it was asked in."""
    place = ("view", "page", "after", "before", "by")
    return sorted((name, list(values)) for name, values in query.lists() if name not in place and any(values))
