"""The pages of quotes: list, page, new, edit with its grid of lines, and the commands."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm.access.see import must_be_able_to, must_be_able_to_add, see_or_404
from crm.errors import CrmError, Invalid, NotAllowed, Stale
from crm.queries.rates import base_currency
from crm.web.frame import render_record
from crm.web.lists import Column, Empty, ListPage, render_list
from crm.web.pages import add_to, answer, conflicts_between, done, render_form
from crm.web.requests import SignedIn
from sales.actions.documents import company_today
from sales.actions.orders import create_order
from sales.actions.quotes import activate_quote, change_quote, close_quote, create_quote, delete_quote, revise_quote
from sales.document_filters import QuoteFilter
from sales.models import Opportunity, Order, Quote
from sales.web.document_forms import CloseForm, NewQuoteForm, OrderForm, QuoteForm
from sales.web.documents import ask_and_act, carry_out, email_page, must_proceed, pdf_answer, possible, seen, tone_of
from sales.web.line_grid import Foot, LineGrid
from sales.web.line_parts import FootForm

COLUMNS = (
    Column(gettext_lazy("Quote"), str, sort="number", is_title=True),
    Column(gettext_lazy("Customer"), "billing_name", sort="billing_name"),
    Column(gettext_lazy("Opportunity"), "opportunity.topic"),
    Column(gettext_lazy("Status"), template="sales/documents/_status.html"),
    Column(gettext_lazy("Total"), template="sales/documents/_total.html", kind="number", sort="base_total"),
    Column(gettext_lazy("Valid until"), "valid_until", kind="date", sort="valid_until"),
    Column(gettext_lazy("Owner"), "owner", kind="person"),
)
WHOLE = ("opportunity", "account", "contact", "currency", "price_list", "owner", "created_by")


@login_required
def quotes(request: SignedIn) -> HttpResponse:
    may_add = request.user.may("sales.quote", "add")
    new = reverse("sales:quote-new") if may_add else ""
    page = ListPage(
        title=_("Quotes"),
        queryset=Quote.objects.visible_to(request.user).select_related("opportunity", "owner", "currency"),
        columns=COLUMNS,
        row_url=lambda quote: quote.get_absolute_url(),
        filterset_class=QuoteFilter,
        new_url=new,
        new_label=_("New quote"),
        empty=Empty(
            _("No quotes yet"),
            _("A quote says what you offer, for how much, until when. Make one from an opportunity, or start it here."),
            _("New quote") if may_add else "",
            new,
            "file-text",
        ),
    )
    return render_list(request, page)


@login_required
def quote(request: SignedIn, pk: int) -> HttpResponse:
    found = see_or_404(Quote.objects.select_related(*WHOLE), pk, request.user)
    may_change = Quote.objects.editable_by(request.user).filter(pk=pk).exists()
    context: dict[str, Any] = {
        "document": found,
        "lines": found.lines.all(),
        "tone": tone_of(found),
        "can": possible(found) if may_change else set(),
        "may_change": may_change,
        "may_delete": Quote.objects.reachable_by(request.user, "delete").filter(pk=pk).exists(),
        "may_order": request.user.may("sales.order", "add"),
        "revisions": Quote.objects.visible_to(request.user)
        .filter(number=found.number)
        .exclude(pk=pk)
        .order_by("revision"),
        "orders": Order.objects.visible_to(request.user).filter(quote=found),
        "base": base_currency(),
    }
    return render_record(request, found, "sales/quotes/detail.html", **context)


@login_required
def new_quote(request: SignedIn) -> HttpResponse:
    """Without a deal: customer and currency, then the draft opens."""
    must_be_able_to_add(request.user, Quote)
    initial = {
        "account": request.GET.get("account"),
        "contact": request.GET.get("contact"),
        "currency": base_currency(),
    }
    form = NewQuoteForm(request.user, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_quote(**form.cleaned_data, lines=[], by=request.user)
        except CrmError as problem:
            add_to(form, problem)
        else:
            return redirect("sales:quote-edit", made.pk)
    return render_form(
        request, form, title=_("New quote"), submit=_("Go on to the lines"), back=reverse("sales:quotes")
    )


@login_required
@require_POST
def quote_of_opportunity(request: SignedIn, pk: int) -> HttpResponse:
    """A draft with the customer and the lines of the deal."""
    opportunity = see_or_404(Opportunity, pk, request.user).must_be_editable_by(request.user)
    must_be_able_to_add(request.user, Quote)
    try:
        made = create_quote(opportunity=opportunity, by=request.user)
    except CrmError as problem:
        return answer(request, problem, opportunity.get_absolute_url())
    return done(
        request,
        _("{} is a draft with the products of the deal. Activate it when it is right.").format(made),
        made.get_absolute_url(),
    )


@login_required
def edit(request: SignedIn, pk: int) -> HttpResponse:
    """Head, lines and foot of a draft on one page; nothing typed is lost when something is wrong."""
    found = seen(Quote.objects.select_related(*WHOLE), request, pk)
    if not found.is_editable:
        sentence = _("{} is {} and can no longer be changed.").format(found, found.status_words.lower())
        return answer(request, NotAllowed(sentence), found.get_absolute_url())
    form = QuoteForm(request.POST or None, instance=found, user=request.user)
    data = request.POST if request.method == "POST" else None
    price_list = found.price_list
    grid = LineGrid(found.currency, price_list, lines=list(found.lines.all()), data=data)
    more: dict[str, Any] = {"conflicts": None}
    if data is not None and form.is_valid() and grid.is_valid:
        try:
            saved = change_quote(found, lines=grid.inputs(), by=request.user, **form.changes)
        except Stale as problem:
            now = Quote.objects.get(pk=pk)
            more = {"conflicts": conflicts_between(form, now), "stale_sentence": problem.message}
            form.data = _with(request.POST, version=now.version)
        except Invalid as problem:
            if not grid.takes(problem):
                add_to(form, Invalid(problem.message, field=problem.field.replace("discount_amount", "discount")))
        else:
            return done(request, _("{} is saved.").format(saved), saved.get_absolute_url())
    context = {
        "form": form,
        "grid": grid,
        "quote": found,
        "currency": found.currency,
        "totals": _totals(grid, found, data),
        **more,
    }
    return render(request, "sales/quotes/edit.html", context, status=422 if data is not None else 200)


def _totals(grid: LineGrid, quote: Quote, data: Any) -> Any:
    """What stands at the foot: as saved, or as typed."""
    if data is None:
        return Foot.of(quote)
    foot = FootForm(data)
    return grid.totals(**foot.amounts()) if foot.is_valid() else None


def _with(post: Any, **changes: Any) -> Any:
    data = post.copy()
    for name, value in changes.items():
        data[name] = value
    return data


@login_required
@require_POST
def activate(request: SignedIn, pk: int) -> HttpResponse:
    return carry_out(
        request, seen(Quote, request, pk), activate_quote, _("{} is active. It can go to the customer now.")
    )


@login_required
@require_POST
def revise(request: SignedIn, pk: int) -> HttpResponse:
    return carry_out(
        request, seen(Quote, request, pk), revise_quote, _("{} is the draft to change. The old revision is closed.")
    )


@login_required
@require_POST
def delete(request: SignedIn, pk: int) -> HttpResponse:
    found = see_or_404(Quote, pk, request.user)
    must_be_able_to(request.user, "delete", found)
    return carry_out(request, found, delete_quote, _("{} is in the bin."), to=reverse("sales:quotes"))


@login_required
def close(request: SignedIn, pk: int) -> HttpResponse:
    found = seen(Quote, request, pk)
    must_proceed(
        found.close, _("Only an active quote can be closed; {} is {}.").format(found, found.status_words.lower())
    )
    form = CloseForm(request.POST or None)
    return ask_and_act(
        request,
        found,
        form,
        close_quote,
        title=_("Close {}").format(found),
        submit=_("Close the quote"),
        said=_("{} is closed."),
    )


@login_required
def order(request: SignedIn, pk: int) -> HttpResponse:
    """The customer said yes: order, and if wanted the deal closed as won."""
    found = seen(Quote.objects.select_related("opportunity", "currency"), request, pk)
    must_be_able_to_add(request.user, Order)
    must_proceed(
        found.win, _("An order is made from an active quote; {} is {}.").format(found, found.status_words.lower())
    )
    begins = {"won_on": company_today(), "close_opportunity": True}
    form = OrderForm(found, request.user, request.POST or None, initial=begins)
    if request.method == "POST" and form.is_valid() and form.cleaned_data.get("close_opportunity"):
        found.opportunity.must_be_editable_by(request.user)
    return ask_and_act(
        request,
        found,
        form,
        _order,
        title=_("Order from {}").format(found),
        submit=_("Create the order"),
        said=_("{} is placed and the quote is won."),
        sentence=form.sentence,
    )


def _order(quote: Quote, *, close_opportunity: bool = False, **words: Any) -> Order:
    return create_order(quote, close_opportunity=close_opportunity, **words)


@login_required
def pdf(request: SignedIn, pk: int) -> HttpResponse:
    return pdf_answer(see_or_404(Quote.objects.select_related(*WHOLE), pk, request.user))


@login_required
def email(request: SignedIn, pk: int) -> HttpResponse:
    return email_page(request, seen(Quote.objects.select_related(*WHOLE), request, pk))
