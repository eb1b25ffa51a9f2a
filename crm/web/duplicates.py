"""Set-up › Duplicates: the pairs that may be one, why, and what to do with them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from crm.access.see import must_be_able_to_at_all
from crm.actions.duplicate_search import begin_search
from crm.actions.duplicates import dismiss_duplicate, dismiss_duplicates, look_again
from crm.errors import CrmError
from crm.models import Duplicate, DuplicateSearch, User
from crm.models.duplicates import KINDS, Strength
from crm.queries.duplicates import shown_pairs
from crm.web.lists import page_of
from crm.web.pages import answer, done, is_htmx
from crm.web.requests import SignedIn

PER_PAGE = 25
COUNTED = 1000


class QueueFilter(forms.Form):
    """Which pairs: of what, how sure, whose, waiting or put aside."""

    kind = forms.ChoiceField(
        label=lazy("Of"), required=False,
        choices=[("", lazy("All")), ("crm.contact", lazy("Contacts")), ("crm.account", lazy("Accounts"))],
    )  # fmt: skip
    strength = forms.ChoiceField(label=lazy("How sure"), required=False, choices=[("", lazy("All")), *Strength.choices])
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True), label=lazy("Owner"), required=False, empty_label=lazy("Anybody")
    )
    status = forms.ChoiceField(
        label=lazy("Show"), required=False,
        choices=[("", lazy("To be looked at")), ("dismissed", lazy("Not duplicates"))],
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select"

    def narrowed(self, rows: Any) -> Any:
        data = self.cleaned_data if self.is_valid() else {}
        rows = rows.filter(status=data.get("status") or Duplicate.Status.OPEN)
        if data.get("kind"):
            rows = rows.filter(kind=data["kind"])
        if data.get("strength"):
            rows = rows.filter(strength=data["strength"])
        return rows.owned_by(data["owner"]) if data.get("owner") else rows


@login_required
def queue(request: SignedIn) -> HttpResponse:
    """The pairs of which the reader sees both; the others are only counted."""
    must_be_able_to_at_all(request.user, "view", Duplicate)
    form = QueueFilter(request.GET or None)
    chosen = form.narrowed(Duplicate.objects.all()) if form.is_bound else Duplicate.objects.open()
    page = page_of(request, chosen.visible_to(request.user), PER_PAGE)
    context = {
        "form": form,
        "page": page,
        "pairs": shown_pairs(list(page)),
        "hidden": _hidden(request, chosen),
        "may_judge": request.user.may("crm.duplicate", "change"),
        "may_rule": request.user.may("crm.duplicaterule", "view"),
        **_search(),
    }
    return render(request, "crm/duplicates/queue.html", context)


@login_required
def search_state(request: SignedIn) -> HttpResponse:
    """How far the search is; the page asks every second while it runs."""
    must_be_able_to_at_all(request.user, "view", Duplicate)
    return render(request, "crm/duplicates/_search.html", {"is_polled": is_htmx(request), **_search()})


@login_required
@require_POST
def search_now(request: SignedIn) -> HttpResponse:
    must_be_able_to_at_all(request.user, "change", Duplicate)
    back = reverse("crm:duplicates")
    try:
        begin_search(by=request.user)
    except CrmError as problem:
        return answer(request, problem, back)
    return done(request, _("The search is running."), back)


@login_required
@require_POST
def judge(request: SignedIn) -> HttpResponse:
    """The checked pairs, or one by its button, are no duplicates."""
    must_be_able_to_at_all(request.user, "change", Duplicate)
    ids = [int(pk) for pk in request.POST.getlist("ids") if pk.isdigit()][:1000]
    back = reverse("crm:duplicates")
    try:
        if one := request.POST.get("one", ""):
            pair = get_object_or_404(Duplicate.objects.visible_to(request.user), pk=one)
            dismiss_duplicate(pair, by=request.user)
            count = 1
        else:
            count = dismiss_duplicates(ids, by=request.user)
    except CrmError as problem:
        return answer(request, problem, back)
    said = ngettext("Remembered: %d pair is no duplicate.", "Remembered: %d pairs are no duplicates.", count) % count
    return done(request, said, back)


@login_required
@require_POST
def reopen(request: SignedIn, pk: int) -> HttpResponse:
    must_be_able_to_at_all(request.user, "change", Duplicate)
    pair = get_object_or_404(Duplicate.objects.visible_to(request.user), pk=pk)
    try:
        look_again(pair, by=request.user)
    except CrmError as problem:
        return answer(request, problem, reverse("crm:duplicates"))
    return done(request, _("It is to be looked at again."), reverse("crm:duplicates"))


def _search() -> dict[str, Any]:
    last = DuplicateSearch.objects.first()
    return {"search": last, "time_left": last.time_left(timezone.now()) if last else None}


def _hidden(request: SignedIn, chosen: Any) -> int:
    """Pairs with somebody in them whom the reader may not see: at most a number, counted among the first thousand."""
    if all(request.user.may(kind, "view") for kind in KINDS) and request.user.is_superuser:
        return 0
    first = list(chosen.values_list("pk", flat=True)[:COUNTED])
    return len(first) - Duplicate.objects.filter(pk__in=first).visible_to(request.user).count()
