"""Invoices: made from an order, paid in one go or in parts, cancelled while nothing was paid."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from babel.numbers import format_currency
from django.db import transaction
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from crm.errors import Invalid, NotAllowed
from crm.models import User
from sales.actions.documents import company_today, next_number, taken_over, tell
from sales.models import Invoice, InvoiceLine, Order, Payment, PaymentMethod
from sales.pricing import rounded

PAYABLE_WITHIN = timedelta(days=14)


@transaction.atomic
def create_invoice(order: Order, *, invoiced_on: date | None = None, due_on: date | None = None, by: User) -> Invoice:
    """Bill the whole order. An invoice over nothing is paid at once.

    Raises NotAllowed where the order is invoiced or cancelled. Locks order → invoice.
    """
    order = Order.objects.select_for_update().get(pk=order.pk)
    if not can_proceed(order.invoice):
        raise NotAllowed(_("{} is {}; it cannot be invoiced.").format(order, order.get_status_display().lower()))
    today = company_today()
    invoiced_on = invoiced_on or today
    due_on = due_on or invoiced_on + PAYABLE_WITHIN
    if due_on < invoiced_on:
        raise Invalid(_("An invoice cannot be due before it is written."), field="due_on")
    order.invoice()
    order.version += 1
    order.save()
    invoice = Invoice(
        number=next_number("INV", today),
        order=order,
        invoiced_on=invoiced_on,
        due_on=due_on,
        created_by=by,
        **taken_over(order),
    )
    if not invoice.total:
        invoice.pay_rest(invoiced_on)
    invoice.save()
    InvoiceLine.objects.bulk_create(
        InvoiceLine(invoice=invoice, made_from=line, **line.copied()) for line in order.lines.all()
    )
    tell("invoice.created", invoice, by=by)
    return invoice


@transaction.atomic
def pay_invoice(
    invoice: Invoice,
    *,
    amount: Decimal | None = None,
    paid_on: date | None = None,
    method: str = PaymentMethod.TRANSFER,
    reference: str = "",
    by: User,
) -> Invoice:
    """Record a payment in the invoice's currency; without `amount` the rest that is open.

    Raises NotAllowed where nothing can be paid any more, Invalid where the amount is more than is open.
    """
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if not can_proceed(invoice.pay_rest):
        raise NotAllowed(_("{} is {}; nothing is open on it.").format(invoice, invoice.get_status_display().lower()))
    still_open = invoice.open_total
    amount = still_open if amount is None else amount
    _check_payment(invoice, amount)
    today = company_today()
    paid_on = paid_on or today
    if paid_on > today:
        raise Invalid(_("A payment cannot be dated in the future."), field="paid_on")
    Payment.objects.create(
        invoice=invoice, amount=amount, paid_on=paid_on, method=method, reference=reference, created_by=by
    )
    if amount == still_open:
        invoice.pay_rest(paid_on)
    else:
        invoice.pay_part(amount)
    invoice.version += 1
    invoice.save()
    tell("invoice.paid", invoice, by=by, amount=str(amount), open=str(invoice.open_total))
    return invoice


@transaction.atomic
def cancel_invoice(invoice: Invoice, *, by: User) -> Invoice:
    """Take back an invoice on which nothing was paid; its order can be invoiced again. Its number stays taken."""
    order = Order.objects.select_for_update().get(pk=invoice.order_id) if invoice.order_id else None
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if not can_proceed(invoice.cancel):
        if invoice.paid_total:
            paid = in_words(invoice.paid_total, invoice)
            raise NotAllowed(
                _("{} was paid already ({}): only an unpaid invoice can be cancelled.").format(invoice, paid)
            )
        raise NotAllowed(_("{} is {} already.").format(invoice, invoice.get_status_display().lower()))
    invoice.cancel(company_today())
    invoice.version += 1
    invoice.save()
    if order and order.status == "invoiced":
        if order.fulfilled_on:
            order.reopen_fulfilled()
        else:
            order.reopen()
        order.version += 1
        order.save()
    tell("invoice.cancelled", invoice, by=by)
    return invoice


def in_words(amount: Decimal, invoice: Invoice) -> str:
    return format_currency(amount, invoice.currency_id, locale="en")


def _check_payment(invoice: Invoice, amount: Decimal) -> None:
    if not amount.is_finite() or amount <= 0:
        raise Invalid(_("A payment is more than zero."), field="amount")
    if amount != rounded(amount, invoice.currency.decimals):
        raise Invalid(
            _("{} has {} decimals; this amount has more.").format(invoice.currency_id, invoice.currency.decimals),
            field="amount",
        )
    if amount > invoice.open_total:
        raise Invalid(
            _("Only {} of {} is still open; {} would be {} too much.").format(
                in_words(invoice.open_total, invoice),
                invoice,
                in_words(amount, invoice),
                in_words(amount - invoice.open_total, invoice),
            ),
            field="amount",
        )
