"""The pages of invoices: list, page with its payments, and the commands."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm.access.see import see_or_404
from crm.queries.rates import base_currency
from crm.web.frame import render_record
from crm.web.lists import Column, Empty, ListPage, render_list
from crm.web.requests import SignedIn
from sales.actions.documents import company_today
from sales.actions.invoices import cancel_invoice, in_words, pay_invoice
from sales.document_filters import InvoiceFilter
from sales.models import Invoice
from sales.web.document_forms import PaymentForm
from sales.web.documents import ask_and_act, carry_out, email_page, must_proceed, pdf_answer, possible, seen, tone_of
from sales.web.line_grid import plain

COLUMNS = (
    Column(gettext_lazy("Invoice"), "number", sort="number", is_title=True),
    Column(gettext_lazy("Customer"), "billing_name", sort="billing_name"),
    Column(gettext_lazy("Status"), template="sales/documents/_status.html"),
    Column(gettext_lazy("Total"), template="sales/documents/_total.html", kind="number", sort="base_total"),
    Column(gettext_lazy("Open"), template="sales/invoices/_open.html", kind="number"),
    Column(gettext_lazy("Due"), template="sales/invoices/_due.html", sort="due_on"),
    Column(gettext_lazy("Owner"), "owner", kind="person"),
)
WHOLE = ("opportunity", "account", "contact", "currency", "owner", "created_by", "order")


@login_required
def invoices(request: SignedIn) -> HttpResponse:
    page = ListPage(
        title=_("Invoices"),
        queryset=Invoice.objects.visible_to(request.user).select_related("owner", "currency"),
        columns=COLUMNS,
        row_url=lambda invoice: invoice.get_absolute_url(),
        filterset_class=InvoiceFilter,
        empty=Empty(
            _("No invoices yet"),
            _("An invoice is made from an order, before or after it is fulfilled."),
            _("To the orders"),
            reverse("sales:orders"),
            "file-invoice",
        ),
    )
    return render_list(request, page)


@login_required
def invoice(request: SignedIn, pk: int) -> HttpResponse:
    found = see_or_404(Invoice.objects.select_related(*WHOLE), pk, request.user)
    may_change = Invoice.objects.editable_by(request.user).filter(pk=pk).exists()
    context: dict[str, Any] = {
        "document": found,
        "lines": found.lines.all(),
        "payments": found.payments.select_related("created_by"),
        "is_overdue": found.is_overdue(company_today()),
        "tone": tone_of(found),
        "can": possible(found) if may_change else set(),
        "may_change": may_change,
        "base": base_currency(),
    }
    return render_record(request, found, "sales/invoices/detail.html", **context)


@login_required
def pay(request: SignedIn, pk: int) -> HttpResponse:
    """Record what came in; the rest that is open is filled in."""
    found = seen(Invoice.objects.select_related("currency"), request, pk)
    must_proceed(
        found.pay_rest, _("{} is {}; nothing is open on it.").format(found, found.get_status_display().lower())
    )
    initial = {"amount": plain(found.open_total), "paid_on": company_today()}
    form = PaymentForm(found, request.POST or None, initial=initial)
    return ask_and_act(
        request,
        found,
        form,
        pay_invoice,
        title=_("Payment for {}").format(found),
        submit=_("Record the payment"),
        said=_("The payment for {} is recorded."),
        sentence=_("{} of {} is open.").format(in_words(found.open_total, found), in_words(found.total, found)),
    )


@login_required
@require_POST
def cancel(request: SignedIn, pk: int) -> HttpResponse:
    return carry_out(
        request, seen(Invoice, request, pk), cancel_invoice, _("{} is cancelled. Its order can be invoiced again.")
    )


@login_required
def pdf(request: SignedIn, pk: int) -> HttpResponse:
    return pdf_answer(see_or_404(Invoice.objects.select_related(*WHOLE), pk, request.user))


@login_required
def email(request: SignedIn, pk: int) -> HttpResponse:
    return email_page(request, seen(Invoice.objects.select_related(*WHOLE), request, pk))
