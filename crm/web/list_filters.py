"""The editor of one filter of a list, and the number of rows: what the page of a list fetches beside itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from crm.errors import Forbidden
from crm.field_filters import filter_named, filterset_of, input_for, records_of
from crm.field_operators import ME, MY_TEAM, Asker, Operator, name_of, operators_of, split
from crm.hooks import records
from crm.hooks.records import Field, RecordKind
from crm.hooks.registry import Text
from crm.models import Tag, User
from crm.queries.lists import ListQuery
from crm.queries.totals import total_of
from crm.web.addresses import hidden, rows_page
from crm.web.forms import RecordInput
from crm.web.requests import SignedIn

MANY = 200


@dataclass(frozen=True)
class Offer:
    """A choice with its box."""

    value: str
    label: Text
    is_chosen: bool


@dataclass(frozen=True)
class Way:
    """One way to ask the field: a label, and the inputs that are sent when it is chosen."""

    key: str
    label: Text
    name: str
    inputs: Sequence[forms.BoundField] = ()
    offers: Sequence[Offer] = ()
    chooser: str = ""
    is_chosen: bool = False


def kind_or_404(request: HttpRequest, name: str) -> RecordKind:
    """The kind of this name; Forbidden where the reader's role does not let them see any of it."""
    if not records.known(name):
        raise Http404
    kind = records.get(name)
    user: Any = request.user
    if not user.may(name, "view"):
        raise Forbidden(_("Your role does not let you see this: %s.") % kind.plural)
    return kind


@login_required
def list_total(request: SignedIn, kind: str) -> HttpResponse:
    """How many rows match; the page fetches it where it does not show them all."""
    asked = ListQuery(kind_or_404(request, kind), request.user, request.GET)
    total = None if asked.problems else total_of(asked.rows)
    return render(request, "ui/_list_total.html", {"total": total})


@login_required
def list_filter(request: SignedIn, kind: str, name: str) -> HttpResponse:
    """The form that asks one field, filled with what is asked of it now."""
    of = kind_or_404(request, kind)
    asked = ListQuery(of, request.user, request.GET)
    ways = list(_ways(asked, name))
    if not ways:
        raise Http404
    if not any(way.is_chosen for way in ways):
        ways[0] = Way(**{**vars(ways[0]), "is_chosen": True})
    context = {
        "label": _label(asked, name),
        "ways": ways,
        "action": rows_page(of, request.GET).partition("?")[0],
        "hidden": hidden(request.GET, without=[name]) + ([(name, "")] if asked.is_in_view(name) else []),
        "is_long": any(len(way.offers) > 8 for way in ways),
    }
    return render(request, "ui/_filter_editor.html", context)


def _label(asked: ListQuery, name: str) -> str:
    if name in asked.fields:
        return str(asked.fields[name].label)
    return str(filterset_of(asked.kind, [name]).base_filters[name].label)


def _ways(asked: ListQuery, name: str) -> Iterator[Way]:
    field = asked.fields.get(name)
    if field is None:
        yield from _beside(asked, name)
        return
    current = {split(one)[1]: values for one, values in asked.params.lists() if split(one)[0] == name}
    for group in _groups(operators_of(field)):
        if group[0].takes == "some":
            yield _some(asked, field, group[0], current.get(group[0].name, []))
        else:
            form = _form(asked, field, group)
            key, label = group[-1].name or "is", _("is") if len(group) == 1 and not group[0].name else group[0].label
            label = _("from … to …") if len(group) > 1 else label
            yield Way(key, label, "", list(form), is_chosen=any(op.name in current for op in group))


def _groups(operators: Sequence[Operator]) -> Iterator[list[Operator]]:
    """Each operator by itself; “from” and “to” are one way to ask."""
    ends = [op for op in operators if op.name in ("from", "to")]
    for op in operators:
        if op not in ends:
            yield [op]
        elif op is ends[0]:
            yield ends


def _form(asked: ListQuery, field: Field, group: Sequence[Operator]) -> forms.Form:
    """An unbound form would lose what cannot be used: what was typed stays, with its error."""
    made = forms.Form(asked.params if any(name_of(field, op) in asked.params for op in group) else None, auto_id="f-%s")
    for op in group:
        made.fields[name_of(field, op)] = one = input_for(field, op, asked.user)
        one.label = _("Days") if op.takes == "count" else str((field if len(group) == 1 else op).label).capitalize()
        if field.kind == "yesno" or op.takes == "yesno":
            one.widget.choices = [("yes", _("yes")), ("no", _("no"))]
    return made


def _some(asked: ListQuery, field: Field, op: Operator, chosen: list[str]) -> Way:
    name = name_of(field, op)
    offers = [Offer(value, label, value in chosen) for value, label in _choices(asked, field, chosen)]
    chooser = ""
    if field.kind == "lookup" and field.to != "crm.team":
        attrs = {"id": f"f-{name}", "class": "form-control", "aria-label": _("Add one")}
        chooser = RecordInput(records_of(field, asked.user)).render(name, "", attrs)
    return Way(op.name or "is", op.label, name, offers=offers, chooser=chooser, is_chosen=bool(chosen))


def _choices(asked: ListQuery, field: Field, chosen: list[str]) -> Sequence[tuple[str, Text]]:
    """What can be ticked; of records only those that are chosen already, the rest are found by typing."""
    match field.kind:
        case "person":
            people = User.objects.filter(is_active=True).values_list("pk", "name")[:MANY]
            return [(ME, _("Me")), (MY_TEAM, _("My team")), *((str(pk), name) for pk, name in people)]
        case "tags":
            return [(name, name) for name in Tag.objects.values_list("name", flat=True)[:MANY]]
        case "lookup":
            rows = records_of(field, asked.user)
            if field.to != "crm.team":
                rows = rows.filter(pk__in=[one for one in chosen if one.isdigit() and len(one) < 19])
            return [(str(row.pk), str(row)) for row in rows[:MANY]]
    return [(str(value), label) for value, label in (field.choices() if field.choices else ())]


def _beside(asked: ListQuery, name: str) -> Iterator[Way]:
    """A filter that is no field: its own input."""
    if name == "rule" or (
        name not in getattr(asked.kind.filterset, "declared_filters", {}) and not filter_named(asked.kind, name)
    ):
        return
    params = asked.params if name in asked.params else QueryDict(f"{name}=")
    filterset = filterset_of(asked.kind, [name])(
        params, asked.kind.model._default_manager.none(), request=_asker(asked)
    )
    yield Way("is", _("is"), "", [filterset.form[name]], is_chosen=True)


def _asker(asked: ListQuery) -> Asker:
    return Asker(asked.user, asked.now)


def offered_fields(asked: ListQuery) -> list[tuple[str, list[tuple[str, str]]]]:
    """The fields that can be filtered by, in groups, for the menu; first what is asked most."""
    covered = getattr(asked.kind.filterset, "covered", ())
    beside = getattr(asked.kind.filterset, "offered", ())
    groups: dict[str, list[tuple[str, str]]] = {"": []}
    for field in asked.fields.values():
        if operators_of(field) and field.name not in covered:
            groups.setdefault(str(field.group), []).append((field.name, str(field.label)))
    made = filterset_of(asked.kind, beside).base_filters if beside else {}
    groups[""] += [(name, str(made[name].label)) for name in beside]
    return [(group, sorted(fields, key=lambda pair: pair[1])) for group, fields in groups.items() if fields]
