"""The key facts of a record, each edited in its place: a click opens the field's control, and what others saved is not lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import slugify

from crm.access.see import must_be_able_to
from crm.actions.records import OWNERSHIP, change_record
from crm.errors import CrmError, Forbidden, Stale
from crm.hooks import records
from crm.hooks.records import Field, RecordKind
from crm.hooks.registry import Text
from crm.queries.history import last_change
from crm.queries.named import record_named
from crm.queries.naming import Key, Named
from crm.web.field_forms import form_field
from crm.web.requests import SignedIn
from crm.web.values import Shown, raw_of, shown, shown_one

Names = Mapping[Key, Named]
NOT_FACTS = {"owner", "team", "tags", "created_at", "updated_at", "created_by"}
"""The head and the foot of the page tell these."""


@dataclass(frozen=True)
class Fact:
    """One field of one record, as the page shows it."""

    kind: RecordKind
    field: Field
    record: Any
    shown: Shown
    may_edit: bool

    @property
    def label(self) -> str:
        return str(self.field.label)

    @property
    def anchor(self) -> str:
        return f"fact-{slugify(self.field.name.replace('.', '-'))}"

    @property
    def address(self) -> str:
        return address_of_fact(self.record, self.field)

    @property
    def is_long(self) -> bool:
        return self.field.kind == "longtext"


@dataclass(frozen=True)
class Group:
    legend: Text
    facts: list[Fact]


@dataclass(frozen=True)
class Facts:
    """`groups` hold what is filled, `empty` what could be; `why_not` says why nothing of it may be edited."""

    groups: list[Group]
    empty: list[Fact]
    why_not: str


def address_of_fact(record: Any, field: Field) -> str:
    return reverse("crm:fact", args=[record._meta.label_lower, record.pk, field.name])


def facts_of(record: Any, names: Names, *, may_edit: bool, why_not: str = "") -> Facts:
    """Everything but what the head of the page tells, in groups; custom fields come in theirs. `names`: what they point at."""
    kind = records.kind_of(record)
    told = NOT_FACTS | set(kind.in_head)
    fields = [field for field in kind.all_fields() if field.name not in told]
    facts = [Fact(kind, f, record, shown(f, record, names), may_edit and f.is_editable) for f in fields]
    groups: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.shown:
            groups.setdefault(str(fact.field.group), []).append(fact)
    empty = [fact for fact in facts if not fact.shown and fact.field.is_editable]
    return Facts([Group(legend, inside) for legend, inside in groups.items()], empty, why_not)


def fact_of(record: Any, name: str, names: Names, *, may_edit: bool) -> Fact:
    kind = records.kind_of(record)
    field = kind.field(name)
    return Fact(kind, field, record, shown(field, record, names), may_edit and field.is_editable)


class FactForm(forms.Form):
    """One value, with the version and the stored value that its reader saw."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)

    def __init__(self, kind: RecordKind, field: Field, record: Any, user: Any, data: Any = None) -> None:
        stored = stored_text(field, record)
        initial = {"value": initial_of(field, record), "version": record.version, "seen": stored}
        super().__init__(data, initial=initial, auto_id=f"{slugify(field.name)}-%s")
        self.fields["value"] = form_field(kind, field, user)
        self.fields["value"].widget.attrs["autofocus"] = True


@dataclass(frozen=True)
class Conflict:
    """What somebody else saved while this was typed."""

    who: str
    theirs: Shown
    yours: str


@login_required
def fact(request: SignedIn, label: str, pk: int, name: str) -> HttpResponse:
    """The fact to read; with ?edit=1 its control; posted, saved – or shown beside what somebody else saved meanwhile."""
    kind, record, field = field_or_404(request, label, pk, name)
    if request.method == "POST":
        record.must_be_editable_by(request.user)
        return _save(request, kind, record, field)
    if request.GET.get("edit") and _may_edit(request, kind, record, field):
        return _form(request, kind, record, field, FactForm(kind, field, record, request.user))
    return _reading(request, kind, record, field)


def field_or_404(request: SignedIn, label: str, pk: int, name: str) -> tuple[RecordKind, Any, Field]:
    if not records.known(label):
        raise Http404
    record = record_named(f"{label}:{pk}", request.user)
    kind = records.get(label)
    try:
        return kind, record, kind.field(name)
    except LookupError:
        raise Http404 from None


def _may_edit(request: SignedIn, kind: RecordKind, record: Any, field: Field) -> bool:
    if not field.is_editable or kind.why_locked(record):
        return False
    verb = "assign" if field.name in OWNERSHIP else "change"
    return bool(type(record).objects.reachable_by(request.user, verb).filter(pk=record.pk).exists())


def _save(request: SignedIn, kind: RecordKind, record: Any, field: Field) -> HttpResponse:
    done = attempt(kind, record, field, request.user, request.POST)
    if done.form is not None:
        return _form(request, kind, done.record, field, done.form, status=done.status, conflict=done.conflict)
    answer = _reading(request, kind, done.record, field)
    answer["HX-Trigger"] = json.dumps({"tandem:record-changed": {"field": field.name}})
    return answer


@dataclass(frozen=True)
class Attempt:
    """What came of an edit: the record as it is saved now; with a `form` it was not saved, and is to be shown again."""

    record: Any
    form: FactForm | None = None
    status: int = 200
    conflict: Conflict | None = None


def attempt(kind: RecordKind, record: Any, field: Field, user: Any, data: Any) -> Attempt:
    """Save one value as it was posted. Raises Forbidden; a new owner or team asks for the verb “assign”."""
    if field.name in OWNERSHIP:
        must_be_able_to(user, "assign", record)
    form = FactForm(kind, field, record, user, data)
    if not form.is_valid():
        return Attempt(record, form, 422)
    given = form.cleaned_data
    try:
        return Attempt(_changed(record, field, given["value"], given["version"], given["seen"], user))
    except Stale:
        return _both(kind, record, field, form, user)
    except Forbidden:
        raise
    except CrmError as problem:
        form.add_error("value", problem.message)
        return Attempt(record, form, 422)


def _changed(record: Any, field: Field, value: Any, version: int, seen: str, user: Any) -> Any:
    """Saved. Where somebody changed other fields meanwhile, both changes stand; Stale is raised only for this one."""
    try:
        return change_record(record, {field.name: value}, by=user, version=version)
    except Stale:
        fresh = type(record)._base_manager.get(pk=record.pk)
        if stored_text(field, fresh) != seen:
            raise
        return change_record(fresh, {field.name: value}, by=user, version=fresh.version)


def _both(kind: RecordKind, record: Any, field: Field, form: FactForm, user: Any) -> Attempt:
    """Theirs and yours, side by side. Saving again is keeping mine; cancelling is taking theirs."""
    fresh = type(record)._base_manager.get(pk=record.pk)
    typed = form["value"].value()
    again = FactForm(kind, field, fresh, user)
    again.initial["value"] = typed
    return Attempt(
        fresh, again, 412, Conflict(last_change(fresh), shown_one(field, fresh, user), _as_typed(form, typed))
    )


def _as_typed(form: FactForm, typed: Any) -> str:
    value = form.cleaned_data["value"]
    choices = dict(getattr(form.fields["value"], "choices", ()) or ()) if isinstance(value, str) else {}
    return str(choices.get(value, value if value not in (None, "") else "–"))


def _reading(request: HttpRequest, kind: RecordKind, record: Any, field: Field) -> HttpResponse:
    may_edit = _may_edit(request, kind, record, field)  # type: ignore[arg-type]
    fact = Fact(kind, field, record, shown_one(field, record, request.user), may_edit)
    return render(request, "ui/_fact.html", {"fact": fact})


def _form(
    request: HttpRequest, kind: RecordKind, record: Any, field: Field, form: FactForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    fact = Fact(kind, field, record, "", True)
    return render(request, "ui/_fact_form.html", {"fact": fact, "form": form, **more}, status=status)


def initial_of(field: Field, record: Any) -> Any:
    """What the control starts with."""
    if field.kind == "tags":
        from crm.actions.tags import tags_of

        return [str(tag) for tag in tags_of([record]).get(record.pk, [])]
    value = raw_of(field, record)
    if field.kind == "yesno":
        return "" if value is None else "yes" if value else "no"
    return value


def stored_text(field: Field, record: Any) -> str:
    """The stored value as a text that is the same as long as nobody changes it."""
    return as_text(initial_of(field, record))


def as_text(value: Any) -> str:
    """A clean or stored value in one form, so that the two can be compared; moments to the minute, as they are typed."""
    match value:
        case None | "" | []:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone().strftime("%Y-%m-%d %H:%M")
        case Decimal() | float() | int():
            return format(Decimal(str(value)).normalize(), "f")
        case list() | tuple():
            return json.dumps(sorted(str(one) for one in value))
        case _:
            return str(getattr(value, "pk", value))
