"""The pages of orders: list, page, and the commands."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm.access.see import must_be_able_to_add, see_or_404
from crm.queries.rates import base_currency
from crm.web.frame import render_record
from crm.web.lists import Column, Empty, ListPage, render_list
from crm.web.requests import SignedIn
from sales.actions.documents import company_today
from sales.actions.invoices import PAYABLE_WITHIN, create_invoice
from sales.actions.orders import cancel_order, fulfil_order
from sales.document_filters import OrderFilter
from sales.models import Invoice, Order
from sales.web.document_forms import InvoiceForm
from sales.web.documents import ask_and_act, carry_out, email_page, must_proceed, pdf_answer, possible, seen, tone_of

COLUMNS = (
    Column(gettext_lazy("Order"), "number", sort="number", is_title=True),
    Column(gettext_lazy("Customer"), "billing_name", sort="billing_name"),
    Column(gettext_lazy("Quote"), "quote"),
    Column(gettext_lazy("Status"), template="sales/documents/_status.html"),
    Column(gettext_lazy("Total"), template="sales/documents/_total.html", kind="number", sort="base_total"),
    Column(gettext_lazy("Ordered"), "ordered_on", kind="date", sort="ordered_on"),
    Column(gettext_lazy("Owner"), "owner", kind="person"),
)
WHOLE = ("opportunity", "account", "contact", "currency", "owner", "created_by", "quote")


@login_required
def orders(request: SignedIn) -> HttpResponse:
    page = ListPage(
        title=_("Orders"),
        queryset=Order.objects.visible_to(request.user).select_related("quote", "owner", "currency"),
        columns=COLUMNS,
        row_url=lambda order: order.get_absolute_url(),
        filterset_class=OrderFilter,
        empty=Empty(
            _("No orders yet"),
            _("An order is made from an active quote, once the customer says yes."),
            _("To the quotes"),
            reverse("sales:quotes"),
            "shopping-cart",
        ),
    )
    return render_list(request, page)


@login_required
def order(request: SignedIn, pk: int) -> HttpResponse:
    found = see_or_404(Order.objects.select_related(*WHOLE), pk, request.user)
    may_change = Order.objects.editable_by(request.user).filter(pk=pk).exists()
    context: dict[str, Any] = {
        "document": found,
        "lines": found.lines.all(),
        "tone": tone_of(found),
        "can": possible(found) if may_change else set(),
        "may_change": may_change,
        "may_invoice": request.user.may("sales.invoice", "add"),
        "invoices": Invoice.objects.visible_to(request.user).filter(order=found),
        "base": base_currency(),
    }
    return render_record(request, found, "sales/orders/detail.html", **context)


@login_required
@require_POST
def fulfil(request: SignedIn, pk: int) -> HttpResponse:
    return carry_out(request, seen(Order, request, pk), fulfil_order, _("{} is fulfilled."))


@login_required
@require_POST
def cancel(request: SignedIn, pk: int) -> HttpResponse:
    return carry_out(request, seen(Order, request, pk), cancel_order, _("{} is cancelled."))


@login_required
def invoice(request: SignedIn, pk: int) -> HttpResponse:
    """Bill the order: day and due day are asked, the rest is known."""
    found = seen(Order, request, pk)
    must_be_able_to_add(request.user, Invoice)
    state = found.get_status_display().lower()
    must_proceed(found.invoice, _("{} is {}; it cannot be invoiced.").format(found, state))
    today = company_today()
    form = InvoiceForm(request.POST or None, initial={"invoiced_on": today, "due_on": today + PAYABLE_WITHIN})
    return ask_and_act(
        request,
        found,
        form,
        create_invoice,
        title=_("Invoice for {}").format(found),
        submit=_("Create the invoice"),
        said=_("{} is written."),
    )


@login_required
def pdf(request: SignedIn, pk: int) -> HttpResponse:
    return pdf_answer(see_or_404(Order.objects.select_related(*WHOLE), pk, request.user))


@login_required
def email(request: SignedIn, pk: int) -> HttpResponse:
    return email_page(request, seen(Order.objects.select_related(*WHOLE), request, pk))
