"""From the customer's yes to the last cent: orders, invoices, payments, and the PDFs of all three."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pypdf import PdfReader

from crm.errors import Invalid, NotAllowed
from crm.models import Company, Currency, ExchangeRate, Interaction
from sales.actions.invoices import cancel_invoice, create_invoice, pay_invoice
from sales.actions.lines import LineInput
from sales.actions.opportunities import open_opportunity
from sales.actions.orders import cancel_order, create_order, fulfil_order
from sales.actions.quotes import activate_quote, change_quote_lines, create_quote, revise_quote
from sales.actions.sending import email_document
from sales.actions.steps import StepsMissing
from sales.models import Invoice, Opportunity, OpportunityStatus, Order, Payment
from sales.pdf import file_name, render_pdf
from tests.factories.catalogue import TaxRateFactory
from tests.factories.crm import AccountFactory, ContactFactory
from tests.factories.deals import put_into_close

YEAR = timezone.now().year


@pytest.fixture
def account(db):
    return AccountFactory(
        name="Grüße & Söhne GmbH", street="Äußere Straße 5", postal_code="80331", city="München", country="DE"
    )


@pytest.fixture
def deal(rep, account):
    contact = ContactFactory(account=account, first_name="Jörg", email="joerg@customer.example")
    return open_opportunity(topic="Renewal", account=account, contact=contact, owner=rep, by=rep)


@pytest.fixture
def quote(deal, rep):
    lines = [
        LineInput(
            name="Übersicht", quantity=Decimal(3), unit_price=Decimal("1200.50"), tax_rate=TaxRateFactory(), unit="day"
        ),
        LineInput(name="Naïve café (čeština)", unit_price=Decimal("0.0125"), quantity=Decimal(1000)),
    ]
    return activate_quote(create_quote(opportunity=deal, lines=lines, notes="Wie besprochen.", by=rep), by=rep)


@pytest.fixture
def order(quote, rep):
    return create_order(quote, by=rep)


@pytest.fixture
def invoice(order, rep):
    return create_invoice(order, by=rep)


def text_of(document):
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(render_pdf(document))).pages)


def test_the_order_wins_the_quote_and_the_deal_and_takes_the_lines(deal, quote, order):
    deal.refresh_from_db()
    quote.refresh_from_db()
    assert (quote.status, deal.status, deal.actual_revenue) == ("won", OpportunityStatus.WON, Decimal("3614.00"))
    assert (order.number, order.total, order.opportunity) == (f"O-{YEAR}-0001", quote.total, deal)
    assert [line.made_from for line in order.lines.all()] == list(quote.lines.all())
    assert [line.net for line in order.lines.all()] == [Decimal("3601.50"), Decimal("12.50")]
    kinds = (
        Interaction.objects.filter(kind__regex="^(quote|order|opportunity.won)")
        .order_by("pk")
        .values_list("kind", flat=True)
    )
    assert list(kinds) == ["quote.activated", "quote.won", "order.created", "opportunity.won"]


def test_a_typed_revenue_counts_and_the_deal_stays_open_where_nobody_wants_it_closed(deal, quote, rep):
    create_order(quote, close_opportunity=False, by=rep)
    deal.refresh_from_db()
    assert deal.status == OpportunityStatus.OPEN


def test_the_typed_revenue_is_the_deals(deal, quote, rep):
    create_order(quote, revenue=Decimal(3000), by=rep)
    deal.refresh_from_db()
    assert deal.actual_revenue == 3000


def test_a_deal_in_its_last_stage_is_not_closed_by_an_order_before_it_has_what_the_stage_asks(deal, quote, rep):
    put_into_close(deal)
    with pytest.raises(StepsMissing, match="Close still needs “Final proposal ready”"):
        create_order(quote, by=rep)
    quote.refresh_from_db()
    assert (quote.status, Order.objects.count()) == ("active", 0)
    create_order(quote, steps={"final_proposal_ready": True}, by=rep)
    deal.refresh_from_db()
    assert (deal.status, deal.final_proposal_ready) == (OpportunityStatus.WON, True)


def test_an_order_that_leaves_the_deal_open_asks_for_no_step(deal, quote, rep):
    Opportunity.objects.filter(pk=deal.pk).update(stage="close")
    create_order(quote, close_opportunity=False, by=rep)
    deal.refresh_from_db()
    assert deal.status == OpportunityStatus.OPEN


def test_an_order_needs_an_active_quote(quote, order, deal, rep):
    with pytest.raises(NotAllowed, match="is won"):
        create_order(quote, by=rep)
    assert Order.objects.count() == 1


def test_a_draft_or_a_revised_quote_makes_no_order(quote, rep):
    draft = revise_quote(quote, by=rep)
    with pytest.raises(NotAllowed, match="Activate it first"):
        create_order(draft, by=rep)
    with pytest.raises(NotAllowed, match="is revised"):
        create_order(quote, by=rep)


def test_a_day_to_come_is_no_day_of_order(quote, rep):
    with pytest.raises(Invalid) as refused:
        create_order(quote, won_on=timezone.now().date() + timedelta(days=3), by=rep)
    assert refused.value.field == "won_on"


def test_an_order_is_fulfilled_then_invoiced(order, rep):
    order = fulfil_order(order, by=rep)
    assert order.status == "fulfilled"
    with pytest.raises(NotAllowed):
        cancel_order(order, by=rep)
    invoice = create_invoice(order, by=rep)
    order.refresh_from_db()
    assert (order.status, invoice.number, invoice.total) == ("invoiced", f"INV-{YEAR}-0001", order.total)
    assert invoice.due_on - invoice.invoiced_on == timedelta(days=14)
    with pytest.raises(NotAllowed, match="is invoiced"):
        create_invoice(order, by=rep)


def test_a_cancelled_order_cannot_be_invoiced(order, rep):
    order = cancel_order(order, by=rep)
    with pytest.raises(NotAllowed, match="is cancelled; it cannot be invoiced"):
        create_invoice(order, by=rep)


def test_an_invoice_is_due_after_its_day(order, rep):
    with pytest.raises(Invalid) as refused:
        create_invoice(order, due_on=timezone.now().date() - timedelta(days=3), by=rep)
    assert refused.value.field == "due_on"
    assert Order.objects.get().status == "active"


def test_payments_add_up(invoice, rep):
    assert invoice.total == Decimal("4298.29")
    invoice = pay_invoice(invoice, amount=Decimal(4000), reference="SEPA 1", by=rep)
    assert (invoice.status, invoice.open_total) == ("partly_paid", Decimal("298.29"))
    invoice = pay_invoice(invoice, by=rep)
    assert (invoice.status, invoice.open_total, invoice.paid_on) == ("paid", 0, timezone.now().date())
    assert [payment.amount for payment in invoice.payments.all()] == [4000, Decimal("298.29")]
    with pytest.raises(NotAllowed, match="nothing is open"):
        pay_invoice(invoice, amount=Decimal(1), by=rep)


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("5000", "Only €4,298.29 of INV-.* is still open; €5,000.00 would be €701.71 too much"),
        ("0", "more than zero"),
        ("-5", "more than zero"),
        ("0.001", "EUR has 2 decimals"),
    ],
)
def test_a_payment_that_cannot_be_is_refused_in_words(invoice, rep, amount, sentence):
    with pytest.raises(Invalid, match=sentence) as refused:
        pay_invoice(invoice, amount=Decimal(amount), by=rep)
    assert refused.value.field == "amount"
    assert not Payment.objects.exists()


def test_a_payment_is_not_dated_in_the_future(invoice, rep):
    with pytest.raises(Invalid):
        pay_invoice(invoice, paid_on=timezone.now().date() + timedelta(days=2), by=rep)


def test_only_an_unpaid_invoice_is_cancelled_and_its_order_can_be_invoiced_again(order, invoice, rep):
    cancel_invoice(invoice, by=rep)
    order.refresh_from_db()
    assert order.status == "active"
    again = create_invoice(order, by=rep)
    assert again.number == f"INV-{YEAR}-0002"
    pay_invoice(again, amount=Decimal(1), by=rep)
    with pytest.raises(NotAllowed, match="only an unpaid invoice"):
        cancel_invoice(again, by=rep)


def test_an_invoice_over_nothing_is_paid_at_once(account, rep):
    gift = LineInput(name="Gift", unit_price=Decimal(0))
    quote = create_quote(account=account, currency=Currency.objects.get(pk="EUR"), lines=[gift], by=rep)
    invoice = create_invoice(create_order(activate_quote(quote, by=rep), by=rep), by=rep)
    assert invoice.status == "paid"


def test_the_database_refuses_to_be_paid_twice(invoice):
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(paid_total=invoice.total * 2)


def test_the_pdf_of_a_quote_says_who_what_and_how_much(quote):
    Company.objects.create(pk=1, name="Tandem Übung AG", street="Ring 1", city="Köln", country="DE", vat_id="DE999")
    text = text_of(quote)
    for words in (
        "Tandem Übung AG", "DE999", "Quote", quote.number, "Grüße & Söhne GmbH", "Äußere Straße 5", "80331 München", "Germany",
        "Übersicht", "Naïve café (čeština)", "3 day", "€1,200.50", "€3,601.50", "€0.0125", "Tax 19 %", "€684.29", "€4,298.29",
        "Wie besprochen.", "This offer is valid until",
    ):  # fmt: skip
        assert words in text


def test_the_fonts_of_the_pdf_are_embedded_and_know_the_rupee(account, rep):
    ExchangeRate.objects.create(currency_id="INR", on="2020-01-01", rate=Decimal(90))
    line = LineInput(name="Support", unit_price=Decimal(125000))
    quote = create_quote(account=account, currency=Currency.objects.get(pk="INR"), lines=[], by=rep)
    assert file_name(quote) == f"{quote.number}.pdf"
    quote = change_quote_lines(quote, lines=[line], by=rep)
    assert "₹125,000.00" in text_of(quote)


def test_order_and_invoice_have_their_own_words(order, invoice, rep):
    assert "Order confirmation" in text_of(order)
    paid = pay_invoice(invoice, amount=Decimal(298), by=rep)
    text = text_of(paid)
    assert "Please pay by" in text
    assert "Still open" in text
    assert "€4,000.29" in text


def test_markup_in_a_name_stays_text(account, rep):
    line = LineInput(name='#read("/etc/passwd") *bold* $x$', unit_price=Decimal(1))
    quote = create_quote(account=account, currency=Currency.objects.get(pk="EUR"), lines=[line], by=rep)
    assert '#read("/etc/passwd") *bold* $x$' in text_of(quote)


def test_a_document_goes_to_the_contact_as_a_pdf(quote, rep, run_jobs):
    message = email_document(quote, to="joerg@customer.example", subject="Your quote", text="Hello", by=rep)
    run_jobs()
    message.refresh_from_db()
    assert message.status == "sent"
    raw = bytes(message.outbox_items.get().raw).decode(errors="replace")
    assert f'filename="{quote.number}.pdf"' in raw
    assert "application/pdf" in raw


def test_a_draft_is_not_sent(deal, rep):
    with pytest.raises(NotAllowed, match="is a draft"):
        email_document(create_quote(opportunity=deal, by=rep), to="a@b.example", subject="", text="", by=rep)
