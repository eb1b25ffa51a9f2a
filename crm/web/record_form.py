"""All fields of a record on one page: new, and changed. Two people may fill it in at once; only what both changed is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _

from crm.actions.records import OWNERSHIP, change_record
from crm.errors import CrmError, Stale
from crm.hooks.records import Field, RecordKind
from crm.models.duplicates import KINDS
from crm.queries.history import last_change
from crm.web.alike import unasked
from crm.web.facts import as_text, initial_of, stored_text
from crm.web.field_forms import form_field
from crm.web.pages import Conflict, add_to, done, render_form
from crm.web.requests import SignedIn
from crm.web.values import shown_one

MINE, THEIRS = "mine", "theirs"
TRIES = 3


class KindForm(forms.Form):
    """Every field of a kind that can be typed, custom ones too. `version` and `seen` are what its reader saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    seen = forms.JSONField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, kind: RecordKind, user: Any, data: Any = None, *, record: Any = None, initial: Any = None
    ) -> None:
        self.kind, self.record = kind, record
        given_away = OWNERSHIP if record else ()  # assigning is a command of its own
        self.typed = [f for f in kind.all_fields() if f.is_editable and f.name not in given_away]
        super().__init__(data, initial={**(initial or {}), **(self._initial() if record else {})})
        for field in self.typed:
            self.fields[field.name] = form_field(kind, field, user)

    def _initial(self) -> dict[str, Any]:
        texts = {field.name: stored_text(field, self.record) for field in self.typed}
        return {
            **{field.name: initial_of(field, self.record) for field in self.typed},
            "version": self.record.version,
            "seen": texts,
        }

    @property
    def groups(self) -> list[tuple[str, list[str]]]:
        """The fields by their group; those without one come last."""
        found: dict[str, list[str]] = {}
        for field in self.typed:
            found.setdefault(str(field.group), []).append(field.name)
        last = found.pop("", [])
        return [*found.items(), *([("", last)] if last else [])]

    def values(self) -> dict[str, Any]:
        return {field.name: self.cleaned_data[field.name] for field in self.typed}


def new_page(
    request: SignedIn, kind: RecordKind, create: Callable[..., Any], *, title: str, back: str, initial: dict[str, Any]
) -> HttpResponse:
    """`create(values, by=user)` makes it; what it refuses is said at its field, with everything still typed.

    Whom a new record may be is said while it is typed, and asked before it is made.
    """
    form = KindForm(kind, request.user, request.POST or None, initial=initial)
    found = unasked(request, kind.name, form.values()) if form.is_valid() else None
    if form.is_valid() and found is None:
        try:
            made = create(form.values(), by=request.user)
        except CrmError as problem:
            add_to(form, problem)
        else:
            return done(request, _("%s is here.") % made, made.get_absolute_url())
    watch = kind.name if kind.name in KINDS else ""
    return render_form(
        request,
        form,
        title=title,
        submit=_("Create"),
        back=back,
        watch=watch,
        alike=found,
        status=409 if found else None,
    )


def edit_page(request: SignedIn, kind: RecordKind, record: Any) -> HttpResponse:
    """Saves; or shows errors beside the fields, or both values where somebody else changed the same field meanwhile."""
    title, back = _("Edit %s") % record, record.get_absolute_url()
    form = KindForm(kind, request.user, request.POST or None, record=record)
    if not form.is_valid():
        return render_form(request, form, title=title, back=back)
    for _try in range(TRIES):
        fresh = type(record)._base_manager.get(pk=record.pk)
        merge = Merge(form, fresh, request)
        if merge.conflicts:
            return _show_both(request, merge, title, back)
        try:
            change_record(fresh, merge.news, by=request.user, version=fresh.version)
        except Stale:
            continue
        except CrmError as problem:
            add_to(form, problem)
            return render_form(request, form, title=title, back=back)
        return done(request, _("Saved."), back)
    raise Stale(_("Others keep saving this record just now. Try again in a moment."))


class Merge:
    """What was typed over what its reader saw, put over what is saved now.

    `news` is what has to be saved. What only others changed stays theirs; what both changed is a conflict, until the
    reader has said whose value stands.
    """

    def __init__(self, form: KindForm, fresh: Any, request: SignedIn) -> None:
        self.form, self.fresh, self.request = form, fresh, request
        self.news: dict[str, Any] = {}
        self.untouched: list[Field] = []
        self.conflicts: list[Conflict] = []
        is_current = form.cleaned_data.get("version") in (None, fresh.version)
        seen = form.cleaned_data.get("seen") or {}
        for field in form.typed:
            self._weigh(field, None if is_current else seen.get(field.name, ""))

    def _weigh(self, field: Field, seen: str | None) -> None:
        """`seen` is None where nobody saved meanwhile."""
        value = self.form.cleaned_data[field.name]
        mine, theirs = as_text(value), stored_text(field, self.fresh)
        if mine == theirs:
            return
        if seen is not None and mine == seen:
            self.untouched.append(field)
        elif seen is not None and theirs != seen:
            self.conflicts.append(
                Conflict(
                    str(field.label), shown_one(field, self.fresh, self.request.user), self._typed(field), field.name
                )
            )
        elif self.request.POST.get(f"whose:{field.name}") != THEIRS:
            self.news[field.name] = value

    def _typed(self, field: Field) -> str:
        value = self.form.cleaned_data[field.name]
        choices = dict(getattr(self.form.fields[field.name], "choices", ()) or ()) if isinstance(value, str) else {}
        if isinstance(value, list):
            return ", ".join(str(one) for one in value)
        return str(choices.get(value, "" if value is None else value))


def _show_both(request: SignedIn, merge: Merge, title: str, back: str) -> HttpResponse:
    """The form goes on from what is saved now: untouched fields show theirs, and what was typed is still there."""
    fresh, form = merge.fresh, merge.form
    data = request.POST.copy()
    for field in merge.untouched:
        data.pop(field.name, None)
        value = form.fields[field.name].prepare_value(initial_of(field, fresh))
        data.setlist(field.name, value if isinstance(value, list) else [_posted(value)])
    data["version"] = fresh.version
    data["seen"] = json.dumps({field.name: stored_text(field, fresh) for field in form.typed})
    form.data = data
    sentence = _("%(who)s saved “%(record)s” while you were editing.") % {"who": last_change(fresh), "record": fresh}
    return render_form(
        request, form, title=title, back=back, status=412, conflicts=merge.conflicts, stale_sentence=sentence
    )


def _posted(value: Any) -> Any:
    return "" if value is None else value
