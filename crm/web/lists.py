"""One component for every list: search, filters as chips, sorting, pages, an empty state. Never an unbounded count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crm.hooks import importers

PER_PAGE = 50
CAP = 10_000
NEW = _("New")


@dataclass(frozen=True)
class Column:
    """One column. `value` is an attribute path (“account.name”) or a function of the row; `template` draws the cell
    with `row` and `value`. `sort` is the column to order by. `kind` is text, number, date or person.
    """

    label: Any
    value: str | Callable[[Any], Any] = ""
    template: str = ""
    sort: str = ""
    kind: str = "text"
    is_title: bool = False

    def value_of(self, row: Any) -> Any:
        found = self.value(row) if callable(self.value) else follow(row, self.value) if self.value else None
        if self.template:
            return SafeString(render_to_string(self.template, {"row": row, "value": found}))
        return found


def follow(row: Any, path: str) -> Any:
    """The value at a dotted path; None where something on the way is None. A choice field answers its label."""
    for part in path.split("."):
        if row is None:
            return None
        shown = getattr(row, f"get_{part}_display", None)
        found = shown() if shown else getattr(row, part)
        row = found() if callable(found) and not hasattr(found, "all") else found
    return row


@dataclass(frozen=True)
class Empty:
    """What the list says when there is nothing to list at all."""

    title: Any
    sentence: Any = ""
    button: Any = ""
    url: str = ""
    picture: str = "inbox"


@dataclass
class ListPage:
    """A list as a page. `queryset` is already narrowed by visible_to; `row_url` answers the address of a row.

    `filterset_class` is the FilterSet that API and admin use too; a filter named `q` is the search box.
    `actions` are further links: (label, address, icon).
    """

    title: Any
    queryset: QuerySet
    columns: Sequence[Column]
    row_url: Callable[[Any], str] | None = None
    filterset_class: Any = None
    empty: Empty | None = None
    new_url: str = ""
    new_label: Any = NEW
    actions: Sequence[tuple[Any, str, str]] = ()
    sort: str = ""
    sentence: Any = ""
    template: str = "ui/list.html"
    more: dict[str, Any] = field(default_factory=dict)


class CappedPaginator(Paginator):
    """Counts up to a cap, so that a list over millions of rows costs what a small one costs."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return rows.order_by()[: CAP + 1].count()

    @property
    def total(self) -> str:
        return f"{CAP:,}+" if self.count > CAP else f"{self.count:,}"


def render_list(request: HttpRequest, list_page: ListPage) -> HttpResponse:
    """The page, or for htmx only its rows."""
    rows, filterset = _filtered(request, list_page)
    order, rows = _sorted(request, list_page, rows)
    page = CappedPaginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "list": list_page,
        "filterset": filterset,
        "chips": _chips(request, filterset),
        "search": _search_of(filterset),
        "filters": [f for f in filterset.form.visible_fields() if f.name != "q"] if filterset else [],
        "page": page,
        "sort": order,
        "is_narrowed": bool(filterset and any(request.GET.get(name) for name in filterset.filters)),
        "import_url": import_url(list_page.queryset.model._meta.label_lower, request.user),
        **list_page.more,
    }
    return render(request, list_page.template, context)


def import_url(label: str, user: Any) -> str:
    """The door to the importer, where files bring in such records and the reader may."""
    if not (importers.known(label) and importers.get(label).may_be_imported_by(user)):
        return ""
    return f"{reverse('crm:import-new')}?kind={label}"


def _filtered(request: HttpRequest, list_page: ListPage) -> tuple[QuerySet, Any]:
    if list_page.filterset_class is None:
        return list_page.queryset, None
    filterset = list_page.filterset_class(request.GET, queryset=list_page.queryset, request=request)
    return (filterset.qs if filterset.is_valid() else list_page.queryset.none()), filterset


def _sorted(request: HttpRequest, list_page: ListPage, rows: QuerySet) -> tuple[str, QuerySet]:
    allowed = {column.sort for column in list_page.columns if column.sort}
    wanted = request.GET.get("sort", "")
    order = wanted if wanted.lstrip("-") in allowed else list_page.sort
    if not order:
        return "", rows
    return order, rows.order_by(order, "-pk" if order.startswith("-") else "pk")


def _search_of(filterset: Any) -> Any:
    return filterset.form["q"] if filterset and "q" in filterset.filters else None


@dataclass(frozen=True)
class Chip:
    """A filter in force, in words, with the query string that takes it away."""

    label: str
    value: str
    without: str


def _chips(request: HttpRequest, filterset: Any) -> list[Chip]:
    if not filterset:
        return []
    chips = []
    for name, bound in ((n, filterset.form[n]) for n in filterset.filters if n in filterset.form.fields):
        raw = request.GET.get(name, "")
        if name == "q" or not raw:
            continue
        rest = request.GET.copy()
        rest.pop(name)
        rest.pop("page", None)
        chips.append(Chip(str(bound.label), _in_words(filterset, bound, name, raw), f"?{rest.urlencode()}"))
    return chips


def _in_words(filterset: Any, bound: Any, name: str, raw: str) -> str:
    value = filterset.form.cleaned_data.get(name) if filterset.is_valid() else None
    if isinstance(value, Model):
        return str(value)
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return str(dict(getattr(bound.field, "choices", [])).get(raw, raw))


def page_of(request: HttpRequest, rows: QuerySet, per_page: int = PER_PAGE) -> Page:
    """A capped page of any queryset, for pages that draw their rows themselves."""
    return CappedPaginator(rows, per_page).get_page(request.GET.get("page"))
