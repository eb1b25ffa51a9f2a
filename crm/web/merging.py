"""Merging: choose the other one, decide field by field, see what was merged, undo it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access.see import must_be_able_to
from crm.actions.merging import merge_records
from crm.actions.unmerging import undo_merge, why_not_undone
from crm.errors import CrmError, Forbidden
from crm.hooks import merging as hook
from crm.hooks import records
from crm.hooks.records import Field
from crm.models import Contact, Merge
from crm.models.duplicates import KINDS
from crm.queries.duplicates import columns_of, matches_of, open_pairs_about, shown_pairs
from crm.queries.merge_fields import differences, values_of_sides
from crm.queries.merges import has_moved, kept_aside, merges_into, two_states, would_move
from crm.queries.named import record_named
from crm.queries.naming import names_for
from crm.web.forms import RecordField
from crm.web.lists import page_of
from crm.web.pages import answer, done
from crm.web.requests import SignedIn
from crm.web.values import Shown, keys_in, shown

PER_PAGE = 50
SHOWN = 3


@dataclass(frozen=True)
class Row:
    """One field of the two beside each other; `takes` is whose value would stay: “mine” or “theirs”."""

    field: Field
    mine: Shown
    theirs: Shown
    takes: str


class OtherForm(forms.Form):
    """The other one, found by typing."""

    def __init__(self, *args: Any, record: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = type(record).objects.visible_to(user).exclude(pk=record.pk)
        label = _("Which one is the same?")
        self.fields["other"] = RecordField(label=label, queryset=rows)


@login_required
def choose(request: SignedIn, label: str, pk: int) -> HttpResponse:
    """Whom to merge with: those that look alike, or any other one by its name."""
    record = _mergeable(request, label, pk)
    form = OtherForm(request.POST or None, record=record, user=request.user)
    if form.is_valid():
        return redirect("crm:merge", label, pk, form.cleaned_data["other"].pk)
    context = {
        "record": record,
        "label": label,
        "form": form,
        "kind": records.get(label),
        "alike": _alike(request, record),
        "siblings": _siblings(request, record),
    }
    return render(request, "crm/merging/choose.html", context, status=422 if form.errors else 200)


@login_required
def merge(request: SignedIn, label: str, pk: int, other: int) -> HttpResponse:
    """The two side by side: `pk` stays, `other` becomes part of it."""
    winner, loser = _mergeable(request, label, pk), _mergeable(request, label, other)
    if winner.pk == loser.pk:
        raise Http404
    problem: CrmError | None = None
    if request.method == "POST":
        taken = [name.removeprefix("take.") for name, side in request.POST.items() if name.startswith("take.") and side == "theirs"]  # fmt: skip
        versions = _numbers(request.POST.get("versions", ""))
        try:
            values = values_of_sides(winner, loser, taken)
            made = merge_records(winner, loser, values, by=request.user, versions=versions)
        except Forbidden:
            raise
        except CrmError as refused:
            problem = refused
            winner.refresh_from_db()
            loser.refresh_from_db()
        else:
            said = _("“%(loser)s” is part of “%(winner)s” now. It can be undone.") % {"loser": loser, "winner": winner}
            return done(request, said, made.get_absolute_url())
    context = {
        "winner": winner,
        "loser": loser,
        "label": label,
        "kind": records.get(label),
        "rows": _rows(request, winner, loser),
        "moving": would_move(loser),
        "problem": problem,
        "why_not": records.get(label).why_locked(winner) or hook.why_not(label, winner, loser),
        "versions": f"{winner.version},{loser.version}",
    }
    return render(request, "crm/merging/merge.html", context, status=422 if problem else 200)


@login_required
def merges(request: SignedIn) -> HttpResponse:
    """What was merged, the newest first."""
    rows = Merge.objects.visible_to(request.user).filter(part_of=None).select_related("merged_by", "undone_by")
    page = page_of(request, rows, PER_PAGE)
    lines = [{"merge": one, "kind": records.get(one.kind)} for one in page]
    return render(request, "crm/merging/merges.html", {"page": page, "lines": lines})


@login_required
def merged(request: SignedIn, pk: int) -> HttpResponse:
    """One merge: what became of what, what went along, and the way back."""
    found = _merge_or_404(request, pk)
    model: Any = hook.model_of(found.kind)
    two = model._base_manager.in_bulk([found.winner_id, found.loser_id])
    states = two_states(found)
    keys = keys_in(states.fields, states.before) | keys_in(states.fields, states.after)
    names = names_for(request.user, keys)
    context = {
        "merge": found,
        "kind": records.get(found.kind),
        "winner": two.get(found.winner_id),
        "loser": two.get(found.loser_id),
        "moved": has_moved(found),
        "aside": kept_aside(found),
        "changes": [
            (field.label, shown(field, states.before, names), shown(field, states.after, names))
            for field in states.fields
        ],
        "parts": [(part, has_moved(part)) for part in found.parts.all()],
        "why_not": why_not_undone(found) if found.is_in_force else "",
        "may_undo": model.objects.reachable_by(request.user, "merge").filter(pk=found.winner_id).exists(),
    }
    return render(request, "crm/merging/merged.html", context)


@login_required
@require_POST
def undo(request: SignedIn, pk: int) -> HttpResponse:
    found = _merge_or_404(request, pk)
    try:
        undone = undo_merge(found, by=request.user)
    except CrmError as problem:
        return answer(request, problem, found.get_absolute_url())
    said = _("They are two again.") if not undone.report else _("They are two again; not everything is as it was.")
    return done(request, said, found.get_absolute_url())


def alike_panel(request: HttpRequest, record: Any) -> SafeString | str:
    """Beside a record: who may be the same, and what was merged into it. Nothing where there is neither."""
    user: Any = request.user
    pairs = shown_pairs(list(open_pairs_about(record, user)[:SHOWN]))
    found = list(merges_into(record)[:SHOWN])
    if not pairs and not found:
        return ""
    others = [(pair.second if pair.first.pk == record.pk else pair.first, pair) for pair in pairs]
    may_merge = type(record).objects.reachable_by(user, "merge").filter(pk=record.pk).exists()
    context = {"record": record, "others": others, "merges": found, "may_merge": may_merge}
    return render_to_string("crm/merging/_panel.html", context, request)


def _mergeable(request: SignedIn, label: str, pk: int) -> Any:
    if not hook.is_kind(label):
        raise Http404
    record = record_named(f"{label}:{pk}", request.user)
    must_be_able_to(request.user, "merge", record)
    return record


def _merge_or_404(request: SignedIn, pk: int) -> Merge:
    rows = Merge.objects.visible_to(request.user).select_related("merged_by", "undone_by", "part_of")
    return get_object_or_404(rows, pk=pk)


def _alike(request: SignedIn, record: Any) -> Any:
    """Who looks the same by the company's rules; leads are compared by their people."""
    kind = record._meta.label_lower
    if kind not in KINDS:
        return None
    values = {name: getattr(record, name) for name in columns_of(kind)}
    return matches_of(kind, values, request.user, but=record.pk)


def _siblings(request: SignedIn, record: Any) -> list[Any]:
    """Other leads of the same person."""
    if isinstance(record, Contact) or not hasattr(record, "contact_id"):
        return []
    rows = type(record).objects.visible_to(request.user).filter(contact=record.contact_id).exclude(pk=record.pk)
    return list(rows.order_by("-pk")[:20])


def _rows(request: SignedIn, winner: Any, loser: Any) -> list[Row]:
    found = differences(winner, loser)
    fields = [one.field for one in found]
    names = names_for(request.user, keys_in(fields, winner) | keys_in(fields, loser))
    posted = request.POST if request.method == "POST" else {}
    return [
        Row(
            one.field,
            shown(one.field, winner, names),
            shown(one.field, loser, names),
            posted.get(f"take.{one.field.name}", "theirs" if one.is_losers else "mine"),
        )
        for one in found
    ]


def _numbers(text: str) -> tuple[int, int] | None:
    one, _comma, other = text.partition(",")
    return (int(one), int(other)) if one.isdigit() and other.isdigit() else None
