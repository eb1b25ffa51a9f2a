"""The pages of competitors: list, page with what was won and lost against it, new."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.access import may
from crm.access.see import must_be_able_to_add, see_or_404
from crm.actions.records import create_record
from crm.hooks import records
from crm.web.frame import render_record
from crm.web.lists import Empty
from crm.web.record_form import new_page
from crm.web.record_lists import render_records
from crm.web.requests import SignedIn
from sales.models import Competitor
from sales.queries.rivals import standing_of

KIND = "sales.competitor"


@login_required
def competitors(request: SignedIn) -> HttpResponse:
    new = reverse("sales:competitor-new") if may(request.user, KIND, "add") else ""
    sentence = _("Who else sells to your customers. Name them in a deal, and see what is won and lost against them.")
    empty = Empty(_("No competitors yet"), sentence, _("New competitor") if new else "", new, "swords")
    return render_records(request, KIND, empty=empty, new_url=new, new_label=_("New competitor"))


@login_required
def competitor(request: SignedIn, pk: int) -> HttpResponse:
    found = see_or_404(Competitor.objects.select_related("owner", "created_by"), pk, request.user)
    standing = standing_of(found, request.user)
    return render_record(request, found, "sales/competitors/detail.html", competitor=found, standing=standing)


@login_required
def competitor_new(request: SignedIn) -> HttpResponse:
    must_be_able_to_add(request.user, Competitor)

    def create(values: dict[str, Any], *, by: Any) -> Competitor:
        made: Competitor = create_record(records.get(KIND), values, by=by)
        return made

    back = reverse("sales:competitors")
    return new_page(request, records.get(KIND), create, title=_("New competitor"), back=back, initial={})
