"""The list of a kind of record: one component for accounts, contacts, leads, opportunities, activities.

    return render_records(request, "crm.account", empty=Empty(_("No accounts yet"), …), new_url=…)

What is shown stands in the address: view, filters, sort, columns, place. crm/queries/lists.py reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from crm.errors import Forbidden
from crm.field_operators import split
from crm.hooks import records
from crm.hooks.records import Field, RecordKind
from crm.queries.keyset import KeysetPage, page_of
from crm.queries.lists import NOT_FILTERS, ListQuery
from crm.queries.views import AnyView
from crm.rules.explain import explain
from crm.rules.forms import RuleWidget
from crm.rules.parse import parse
from crm.web.addresses import GROUPED, hidden, query_with
from crm.web.filter_words import in_words, names_asked
from crm.web.list_cells import Column, Row, Rows
from crm.web.list_filters import offered_fields
from crm.web.lists import NEW, PER_PAGE, Empty, import_url

NO_CHIP = {*NOT_FILTERS, "q"}
SORT_WORDS = {
    "text": (lazy("A to Z"), lazy("Z to A")),
    "number": (lazy("smallest first"), lazy("largest first")),
    "money": (lazy("smallest first"), lazy("largest first")),
    "day": (lazy("earliest first"), lazy("latest first")),
    "moment": (lazy("earliest first"), lazy("latest first")),
}


@dataclass(frozen=True)
class Chip:
    """A filter in force, or one that cannot be used. `without` is the address that takes it away, `edit` its editor's."""

    label: str
    words: str
    without: str
    edit: str = ""
    problem: str = ""
    is_rule: bool = False


@dataclass
class RecordList:
    """What the template asks of the list; the rows are read once, when they are drawn."""

    request: HttpRequest
    kind: RecordKind
    empty: Empty
    new_url: str = ""
    new_label: Any = NEW
    actions: Sequence[tuple[Any, str, str]] = ()
    opens_with: str = ""
    asked: ListQuery = field(init=False)

    def __post_init__(self) -> None:
        self.asked = ListQuery(self.kind, self.request.user, self.request.GET)

    @property
    def query(self) -> QueryDict:
        return self.asked.query

    @property
    def view(self) -> AnyView:
        return self.asked.view

    @cached_property
    def page(self) -> KeysetPage:
        if self.asked.problems:
            return KeysetPage()
        marks = {name: self.query.get(name, "") for name in ("after", "before")}
        return page_of(self.asked.matching, self.asked.order, self.asked.ways, size=PER_PAGE, **marks)

    @cached_property
    def rows(self) -> list[Row]:
        return Rows(self.kind, self.columns, self.request.user).of(self.page.rows)

    @cached_property
    def columns(self) -> list[Column]:
        return [self._column(of, at) for at, of in enumerate(self.asked.columns)]

    def _column(self, of: Field, at: int) -> Column:
        if not of.sort:
            return Column(of, is_first=at == 0)
        is_by = self.kind.columns_of(self.asked.sort) == tuple(of.sort.split(","))
        is_down = is_by and self.asked.sort.startswith("-")
        address = query_with(self.query, sort=of.name if is_down or not is_by else f"-{of.name}")
        return Column(of, at == 0, ("descending" if is_down else "ascending") if is_by else "", address)

    @property
    def column_names(self) -> str:
        return ",".join(column.field.name for column in self.columns)

    @cached_property
    def conditions(self) -> dict[str, dict[str, list[str]]]:
        """What is asked of each field, by operator: {"created_at": {"last": ["30"]}}."""
        found: dict[str, dict[str, list[str]]] = {}
        for name, values in self.asked.params.lists():
            if name not in NO_CHIP:
                of, op = split(name)
                found.setdefault(of, {})[op] = values
        return found

    @cached_property
    def chips(self) -> list[Chip]:
        names = names_asked(self.request.user, self.asked.fields, self.conditions)
        return [self._chip(name, by_op, names) for name, by_op in self.conditions.items()]

    def _chip(self, name: str, by_op: Mapping[str, list[str]], names: Any) -> Chip:
        problem = next((said for at, said in self.asked.problems.items() if split(at)[0] == name), "")
        without = query_with(self.query, without=[name])
        if self.asked.is_in_view(name):
            without = f"{without}{'' if without == '?' else '&'}{QueryDict(f'{name}=').urlencode()}"
        known = self.asked.fields.get(name)
        label, words = (str(known.label), in_words(known, by_op, names)) if known else self._beside(name, by_op)
        is_known = known is not None or name in self.asked.filterset.filters
        edit = f"{reverse('crm:list-filter', args=[self.kind.name, name])}{query_with(self.query)}" if is_known else ""
        return Chip(label, words, without, edit, problem, name == "rule")

    @property
    def problems(self) -> list[tuple[str, str]]:
        """What cannot be used, with the filter it stands at."""
        beside_chips = [("", said) for name, said in self.asked.problems.items() if name in ("view", "q")]
        return beside_chips + [(chip.label, chip.problem) for chip in self.chips if chip.problem]

    def _beside(self, name: str, by_op: Mapping[str, list[str]]) -> tuple[str, str]:
        """Label and words of a filter that is no field, or of none at all."""
        values = next(iter(by_op.values()))
        made = self.asked.filterset.filters.get(name)
        if made is None:
            return name, ", ".join(values)
        if name == "rule":
            return str(made.label), self.rule_words
        choices = {value: label for value, label in getattr(made.field, "choices", ()) if not isinstance(label, list)}
        return str(made.label), ", ".join(str(choices.get(value, value)) for value in values)

    @property
    def rule_words(self) -> str:
        if "rule" in self.asked.problems:
            return _("cannot be used")
        user: Any = self.request.user
        return explain(parse(self.asked.filterset.form.cleaned_data["rule"], self.kind.name, me=user), user)

    @cached_property
    def search(self) -> str:
        return self.asked.params.get("q", "")

    @property
    def hidden_beside_search(self) -> list[tuple[str, str]]:
        return hidden(self.query, without=["q"])

    @property
    def is_narrowed(self) -> bool:
        """Is this less than what the list opens with?"""
        return self.asked.is_changed or self.view.key != (self.opens_with or self.asked.shelf.first.key)

    @property
    def grouped(self) -> str:
        """“by=owner” on a board: what goes along to another view; "" in a list."""
        by, board = self.query.get(GROUPED, ""), self.kind.board_url
        return f"{GROUPED}={quote(by)}" if by and board and self.request.path == reverse(board) else ""

    @property
    def is_deep(self) -> bool:
        return bool(self.query.get("after") or self.query.get("before"))

    @property
    def first_page(self) -> str:
        return query_with(self.query)

    @property
    def cleared(self) -> str:
        """The view as it is; from there, everything."""
        return f"?view={self.view.key if self.asked.is_changed else self.asked.shelf.first.key}"

    @property
    def offered(self) -> list[tuple[str, list[tuple[str, str]]]]:
        return offered_fields(self.asked)

    # The advanced filter

    @property
    def has_rule(self) -> bool:
        return "rule" in self.conditions

    @property
    def is_advanced_open(self) -> bool:
        return "rule" in self.asked.problems

    @property
    def hidden_beside_rule(self) -> list[tuple[str, str]]:
        return hidden(self.query, without=["rule"])

    @property
    def rule_input(self) -> SafeString:
        widget = RuleWidget(of=self.kind.name, has_reader=True)
        return widget.render(
            "rule", self.asked.params.get("rule", ""), {"id": "list-rule", "aria-label": _("The rule")}
        )

    @property
    def without_rule(self) -> str:
        return next(chip.without for chip in self.chips if chip.is_rule)

    # Columns and order

    @property
    def hidden_beside_columns(self) -> list[tuple[str, str]]:
        return hidden(self.query, without=["columns", "sort"])

    @property
    def usual_columns(self) -> str:
        return query_with(self.query, columns=None, sort=None)

    @property
    def sorts(self) -> list[tuple[str, str]]:
        """Each field that orders, both ways, in words of its kind."""
        found = []
        for of in self.asked.fields.values():
            if of.sort:
                up, down = SORT_WORDS.get(of.kind, SORT_WORDS["text"])
                found += [(of.name, f"{of.label}, {up}"), (f"-{of.name}", f"{of.label}, {down}")]
        return found

    @property
    def further_columns(self) -> list[tuple[str, str]]:
        shown = {column.field.name for column in self.columns}
        rest = [(of.name, str(of.label)) for of in self.asked.fields.values() if of.name not in shown]
        return sorted(rest, key=lambda pair: pair[1])

    @property
    def total_address(self) -> str:
        return f"{reverse('crm:list-total', args=[self.kind.name])}{query_with(self.query)}"

    @property
    def import_url(self) -> str:
        return import_url(self.kind.name, self.request.user)

    @property
    def may_update_view(self) -> bool:
        changeable = getattr(self.view, "may_be_changed_by", None)
        return bool(changeable and changeable(self.request.user))


def render_records(
    request: HttpRequest,
    kind: str,
    *,
    empty: Empty,
    new_url: str = "",
    new_label: Any = NEW,
    actions: Sequence[tuple[Any, str, str]] = (),
    opens_with: str = "",
    template: str = "ui/records.html",
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The page of the list. Without a word in the address it opens with the view its reader chose.

    `opens_with` is the view that a page of its own shows, where that is not the first. `template` extends ui/records.html;
    `more` is what it needs beside.
    """
    of = records.get(kind)
    user: Any = request.user
    if not user.may(kind, "view"):
        raise Forbidden(_("Your role does not let you see this: %s.") % of.plural)
    shown = RecordList(request, of, empty, new_url, new_label, actions, opens_with)
    if not request.GET and (key := shown.asked.shelf.default_key):
        return HttpResponseRedirect(f"{request.path}?view={key}")
    context = {"list": shown, "page": shown.page, **(more or {})}
    return render(request, template, context, status=400 if shown.asked.problems else 200)
