"""The products of a deal, edited in the same grid as a quote's lines."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from crm.access.see import see_or_404
from crm.errors import Invalid, NotAllowed
from crm.web.pages import answer, done
from crm.web.requests import SignedIn
from sales.actions.lines import change_opportunity_lines
from sales.models import Opportunity
from sales.queries.prices import usual_price_list
from sales.web.line_grid import LineGrid, totals_of


@login_required
def edit(request: SignedIn, pk: int) -> HttpResponse:
    deal = see_or_404(Opportunity.objects.select_related("currency"), pk, request.user).must_be_editable_by(
        request.user
    )
    back = f"{deal.get_absolute_url()}?tab=products"
    if not deal.is_open:
        return answer(request, NotAllowed(_("“{}” is closed. Reopen it to change its products.").format(deal)), back)
    data = request.POST if request.method == "POST" else None
    lines = list(deal.lines.all())
    grid = LineGrid(deal.currency, usual_price_list(deal.currency_id), lines=lines, data=data)
    if data is not None and grid.is_valid:
        try:
            change_opportunity_lines(deal, lines=grid.inputs(), by=request.user)
        except Invalid as problem:
            if not grid.takes(problem):
                raise
        else:
            return done(request, _("The products are saved."), back)
    totals = totals_of(lines, deal.currency) if data is None else grid.totals()
    context = {"grid": grid, "opportunity": deal, "currency": deal.currency, "totals": totals, "back": back}
    return render(request, "sales/opportunities/lines.html", context, status=422 if data is not None else 200)
