"""Campaigns: the list, the page with its funnel from invited to revenue won, and the people behind each number."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from crm.access.depths import may
from crm.access.see import see_or_404
from crm.errors import Forbidden
from crm.filters import CampaignFilter
from crm.hooks import campaign_results
from crm.hooks.registry import Text
from crm.models import Campaign, Contact
from crm.web.lists import Column, Empty, ListPage, page_of, render_list
from marketing.models import Event

WHOLE_BAR = 1000


@dataclass(frozen=True)
class Step:
    """One row of the funnel; its bar is `width` of WHOLE_BAR long."""

    name: str
    label: Text
    count: int
    money: tuple[Decimal, str] | None
    share: float | None
    width: int


@login_required
@require_GET
def campaigns(request: HttpRequest) -> HttpResponse:
    if not may(request.user, "crm.campaign", "view"):
        raise Forbidden(_("Your role does not let you see campaigns."))
    may_add = may(request.user, "crm.campaign", "add") and request.user.is_staff
    add = reverse("admin:crm_campaign_add") if may_add else ""
    return render_list(
        request,
        ListPage(
            title=_("Campaigns"),
            queryset=Campaign.objects.visible_to(request.user).select_related("owner"),
            columns=[
                Column(_("Campaign"), "name", sort="name", is_title=True),
                Column(_("Status"), "status"),
                Column(_("Begins"), "starts_on", sort="starts_on", kind="date"),
                Column(_("Ends"), "ends_on", sort="ends_on", kind="date"),
                Column(_("Owner"), "owner", kind="person"),
            ],
            row_url=lambda row: reverse("marketing:campaign", args=[row.pk]),
            filterset_class=CampaignFilter,
            new_url=add,
            new_label=_("New campaign"),
            empty=Empty(
                _("No campaign yet"),
                _("A campaign ties emails, events, leads and deals together, so that you see what came of it."),
                _("New campaign") if add else "",
                add,
                "speakerphone",
            ),
        ),
    )


@login_required
@require_GET
def campaign(request: HttpRequest, pk: int) -> HttpResponse:
    """The funnel: each number is a door to its people."""
    shown = see_or_404(Campaign.objects.select_related("owner", "currency"), pk, request.user)
    steps = funnel_of(shown)
    context = {
        "campaign": shown,
        "steps": steps,
        "is_empty": not any(step.count for step in steps),
        "may_change": request.user.is_staff and may(request.user, "crm.campaign", "change"),
        "is_staff": request.user.is_staff,
        **_parts(shown, request.user),
    }
    return render(request, "marketing/campaigns/detail.html", context)


@login_required
@require_GET
def people(request: HttpRequest, pk: int, result: str) -> HttpResponse:
    """Who stands behind a number. Those whom the reader may not see are counted, not named."""
    shown = see_or_404(Campaign, pk, request.user)
    try:
        asked = campaign_results.get(result)
    except LookupError:
        raise Http404 from None
    found = Contact.objects.visible_to(request.user).filter(pk__in=asked.people(shown))
    context = {
        "campaign": shown,
        "label": asked.label,
        "count": asked.count(shown),
        "page": page_of(request, found.select_related("account", "owner").order_by("last_name", "first_name", "pk")),
    }
    return render(request, "marketing/campaigns/people.html", context)


def funnel_of(shown: Campaign) -> list[Step]:
    """Every registered result, in order, with its share of the first one."""
    counted = [(result, result.count(shown)) for result in campaign_results.all_results()]
    most = max((count for _, count in counted), default=0) or 1
    first = counted[0][1] if counted else 0
    return [
        Step(
            result.name,
            result.label,
            count,
            result.money(shown) if result.money else None,
            100 * count / first if first and index else None,
            max(4, WHOLE_BAR * count // most) if count else 0,
        )
        for index, (result, count) in enumerate(counted)
    ]


def _parts(shown: Campaign, user: Any) -> dict[str, Any]:
    """What belongs to the campaign."""
    return {
        "emails": shown.emails.alive().visible_to(user)[:20],
        "texts": shown.texts.alive().visible_to(user)[:20],
        "sends": shown.sends.visible_to(user).select_related("email", "text_message")[:20],
        "events": Event.objects.visible_to(user).filter(campaign=shown)[:20],
    }
