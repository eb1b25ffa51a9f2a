"""My work: where a rep's day begins. And the board of opportunities."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from crm.queries.rates import base_currency
from sales.models import Opportunity, Stage
from sales.queries.board import board_of
from sales.queries.my_work import SOON, my_work


@login_required
def my_work_page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    context = {"work": my_work(request.user, now), "now": now, "closing_until": timezone.localdate(now) + SOON}
    return render(request, "sales/my_work/page.html", context)


@login_required
def board(request: HttpRequest) -> HttpResponse:
    """`?whose=mine` shows the reader's own deals only."""
    is_mine = request.GET.get("whose") == "mine"
    lanes = board_of(request.user, request.user if is_mine else None)
    shown = [card.pk for lane in lanes for card in lane.cards]
    context = {
        "lanes": lanes,
        "is_mine": is_mine,
        "currency": base_currency(),
        "stages": list(Stage),
        "editable": set(
            Opportunity.objects.editable_by(request.user).filter(pk__in=shown).values_list("pk", flat=True)
        ),
        "now": timezone.now(),
        "today": timezone.localdate(),
    }
    return render(request, "sales/opportunities/board.html", context)
