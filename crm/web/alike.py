"""“This may be …”: said while a new record is typed, and asked before it is created."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from crm.access.see import must_be_able_to_add
from crm.models import Account
from crm.models.duplicates import KINDS
from crm.queries.duplicates import Matches, columns_of, matches_of
from crm.web.requests import SignedIn


@login_required
def alike(request: SignedIn, kind: str) -> HttpResponse:
    """Whom the form that is being typed may be about; the page asks again whenever something is typed."""
    if kind not in KINDS:
        raise Http404
    must_be_able_to_add(request.user, KINDS[kind])
    found = matches_of(kind, _typed(request, kind), request.user)
    return render(request, "crm/duplicates/_alike.html", {"alike": found, "use": request.GET.get("use") == "contact"})


def unasked(request: HttpRequest, kind: str, values: Mapping[str, Any]) -> Matches | None:
    """What a posted, valid form is like, where that must still be asked: answers None to go ahead.

    It need not be asked again where “create anyway” was pressed, nor where the person has seen all that is only possible.
    """
    if kind not in KINDS or "create_anyway" in request.POST:
        return None
    found = matches_of(kind, {name: values[name] for name in columns_of(kind) & values.keys()}, request.user)
    shown = set(request.POST.getlist("shown_duplicates"))
    is_told = {str(match.record.pk) for match in found.seen} <= shown and (not found.hidden or "hidden" in shown)
    return None if not found or (is_told and not found.has_certain) else found


def _typed(request: SignedIn, kind: str) -> dict[str, Any]:
    """The columns from the query; a lead's form calls the company otherwise. The account among those one may see."""
    given = request.GET
    values: dict[str, Any] = {name: given.get(name, "")[:300] for name in columns_of(kind) - {"account"}}
    if kind != "crm.contact":
        return values
    values["company_name"] = values["company_name"] or given.get("company", "")[:300]
    if (chosen := given.get("account", "")).isdigit():
        values["account"] = Account.objects.visible_to(request.user).filter(pk=chosen).first()
    return values
