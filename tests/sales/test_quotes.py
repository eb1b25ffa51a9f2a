"""Quotes: numbers, lines, their life, their revisions."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from crm.errors import Invalid, NotAllowed, Stale
from crm.models import Currency, ExchangeRate, Interaction
from sales.actions.closing import lose_opportunity
from sales.actions.lines import LineInput, change_opportunity_lines
from sales.actions.opportunities import change_opportunity, open_opportunity
from sales.actions.quotes import (
    activate_quote,
    change_quote,
    change_quote_lines,
    close_quote,
    create_quote,
    delete_quote,
    revise_quote,
)
from sales.models import NumberSequence, Quote, QuoteLine, QuoteStatus
from tests.factories.catalogue import PriceFactory, PriceListFactory, ProductFactory, TaxRateFactory
from tests.factories.crm import AccountFactory, ContactFactory, UserFactory

YEAR = timezone.now().year
EURO = "EUR"


@pytest.fixture
def account(db):
    return AccountFactory(
        name="Müller & Söhne", street="Gasse 1", postal_code="1010", city="Wien", country="AT", vat_id="ATU1"
    )


@pytest.fixture
def deal(rep, account):
    return open_opportunity(
        topic="Renewal", account=account, contact=ContactFactory(account=account), owner=rep, by=rep
    )


@pytest.fixture
def price(db):
    vat = TaxRateFactory(percent=Decimal(20))
    return PriceFactory(product=ProductFactory(name="Licence", tax_rate=vat, unit="seat"), price=Decimal("99.90"))


def write_in(quantity="1", price="100", **more):
    return LineInput(name="Consulting", quantity=Decimal(quantity), unit_price=Decimal(price), **more)


def quote_of(account, by, *lines):
    return create_quote(account=account, currency=Currency.objects.get(pk=EURO), lines=lines or [write_in()], by=by)


def test_a_quote_takes_customer_currency_and_lines_from_its_deal(deal, rep, price):
    change_opportunity_lines(deal, lines=[LineInput(product=price.product, quantity=Decimal(2)), write_in()], by=rep)
    quote = create_quote(opportunity=deal, by=rep)
    assert (quote.number, quote.revision, quote.status) == (f"Q-{YEAR}-0001", 0, QuoteStatus.DRAFT)
    assert (quote.account, quote.contact, quote.currency_id, quote.owner) == (deal.account, deal.contact, EURO, rep)
    assert quote.billing_lines == ["Müller & Söhne", "Gasse 1", "1010 Wien", "Austria"]
    assert [(line.name, line.net, line.tax) for line in quote.lines.all()] == [
        ("Licence", Decimal("199.80"), Decimal("39.96")),
        ("Consulting", Decimal(100), Decimal(0)),
    ]
    assert (quote.detail_total, quote.tax_total, quote.total) == (
        Decimal("299.80"),
        Decimal("39.96"),
        Decimal("339.76"),
    )
    assert [line.made_from_id for line in quote.lines.all()] == [line.pk for line in deal.lines.all()]


def test_a_deal_whose_revenue_is_the_sum_of_its_products_follows_its_lines_without_tax(deal, rep, price):
    change_opportunity(deal, revenue_mode="system", by=rep)
    deal = change_opportunity_lines(deal, lines=[LineInput(product=price.product, quantity=Decimal(3))], by=rep)
    assert deal.estimated_revenue == Decimal("299.70")


def test_an_estimate_that_somebody_typed_stays(deal, rep):
    change_opportunity(deal, estimated_revenue=Decimal(5000), by=rep)
    assert change_opportunity_lines(deal, lines=[write_in()], by=rep).estimated_revenue == 5000


def test_a_deal_without_an_estimate_takes_that_of_its_products(deal, rep):
    deal = change_opportunity_lines(deal, lines=[write_in()], by=rep)
    assert (deal.estimated_revenue, deal.revenue_mode) == (100, "system")


def test_the_lines_of_a_closed_deal_stand(deal, rep):
    deal = lose_opportunity(deal, reason="price", by=rep)
    with pytest.raises(NotAllowed, match="is closed"):
        change_opportunity_lines(deal, lines=[write_in()], by=rep)
    with pytest.raises(NotAllowed, match="is closed"):
        create_quote(opportunity=deal, by=rep)


@pytest.mark.parametrize("quantity", ["-1", "0"])
def test_a_quantity_that_is_not_positive_is_refused_at_its_place(account, rep, quantity):
    quote = quote_of(account, rep)
    with pytest.raises(Invalid, match="more than zero") as refused:
        change_quote_lines(quote, lines=[write_in(), write_in(quantity)], by=rep)
    assert refused.value.field == "lines/1/quantity"
    assert [line.quantity for line in quote.lines.all()] == [1]


def test_the_database_refuses_a_negative_quantity_too(account, rep):
    quote = quote_of(account, rep)
    with pytest.raises(IntegrityError), transaction.atomic():
        QuoteLine.objects.filter(quote=quote).update(quantity=Decimal(-1))


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (LineInput(), "lines/0/name"),
        (LineInput(name="Nameless price"), "lines/0/unit_price"),
        (write_in("0.00001"), "lines/0/quantity"),
        (write_in("1", "1", id=987654), "lines/0/id"),
        (write_in("1", "10", discount_amount=Decimal(11)), "lines/0/discount_amount"),
    ],
)
def test_a_line_says_where_it_is_wrong(account, rep, line, field):
    with pytest.raises(Invalid) as refused:
        quote_of(account, rep, line)
    assert refused.value.field == field


def test_a_product_that_is_not_active_cannot_be_put_on_a_new_line(account, rep):
    retired = ProductFactory(status="retired", name="Old box")
    with pytest.raises(Invalid, match="“Old box” is retired"):
        quote_of(account, rep, LineInput(product=retired, unit_price=Decimal(1)))


def test_a_price_list_of_another_currency_is_refused(account, rep):
    with pytest.raises(Invalid) as refused:
        create_quote(
            account=account,
            currency=Currency.objects.get(pk=EURO),
            price_list=PriceListFactory(currency_id="USD"),
            lines=[],
            by=rep,
        )
    assert refused.value.field == "price_list"


def test_the_base_total_is_at_the_rate_of_the_day(account, rep):
    ExchangeRate.objects.create(currency_id="USD", on="2020-01-01", rate=Decimal("1.25"))
    quote = create_quote(account=account, currency=Currency.objects.get(pk="USD"), lines=[write_in()], by=rep)
    assert (quote.total, quote.base_total) == (Decimal(100), Decimal(80))


def test_changing_lines_keeps_their_ids_and_their_order(account, rep):
    quote = quote_of(account, rep, write_in("1"), write_in("2"))
    first, second = quote.lines.all()
    change_quote_lines(quote, lines=[write_in("5", id=second.pk), write_in("9")], by=rep)
    assert [(line.quantity, line.position) for line in quote.lines.all()] == [(5, 0), (9, 1)]
    assert quote.lines.first().pk == second.pk
    assert not QuoteLine.objects.filter(pk=first.pk).exists()


def test_a_rate_that_changes_later_leaves_old_lines_as_they_were(account, rep, price):
    quote = quote_of(account, rep, LineInput(product=price.product, unit_price=Decimal(100)))
    price.product.tax_rate.percent = Decimal(25)
    price.product.tax_rate.save()
    quote = change_quote(quote, notes="Hello", by=rep)
    assert quote.tax_total == Decimal(20)


def test_a_discount_on_the_whole_quote_lessens_the_tax(account, rep, price):
    quote = quote_of(account, rep, LineInput(product=price.product, unit_price=Decimal(100)))
    quote = change_quote(quote, discount_percent=Decimal(10), freight=Decimal(5), by=rep)
    assert (quote.discount_total, quote.tax_total, quote.total) == (Decimal(10), Decimal(18), Decimal(113))


def test_only_a_draft_can_be_changed(account, rep):
    quote = activate_quote(quote_of(account, rep), by=rep)
    with pytest.raises(NotAllowed, match="Revise it to change it"):
        change_quote(quote, notes="Hello", by=rep)


def test_a_stale_change_is_refused(account, rep):
    quote = quote_of(account, rep)
    change_quote(quote, notes="Mine", version=quote.version, by=rep)
    with pytest.raises(Stale):
        change_quote(quote, notes="Yours", version=quote.version, by=rep)


def test_a_quote_without_lines_or_out_of_date_is_not_activated(account, rep):
    with pytest.raises(Invalid, match="no lines yet"):
        activate_quote(create_quote(account=account, currency=Currency.objects.get(pk=EURO), lines=[], by=rep), by=rep)
    quote = change_quote(quote_of(account, rep), valid_until=timezone.now().date() - timedelta(days=2), by=rep)
    with pytest.raises(Invalid, match="was valid until"):
        activate_quote(quote, by=rep)


def test_a_revision_keeps_the_number_and_closes_its_forerunner(account, rep):
    old = activate_quote(quote_of(account, rep), by=rep)
    new = revise_quote(old, by=rep)
    old.refresh_from_db()
    assert (old.status, old.close_reason, old.status_words) == ("closed", "revised", "Revised")
    assert (new.number, new.revision, new.status, str(new)) == (old.number, 1, "draft", f"{old.number} rev. 1")
    assert (new.total, new.lines.get().revised_from) == (old.total, old.lines.get())
    assert list(Interaction.objects.values_list("kind", flat=True).order_by("pk")) == [
        "quote.activated",
        "quote.revised",
    ]


def test_a_draft_is_neither_revised_nor_closed_but_deleted(account, rep):
    quote = quote_of(account, rep)
    for action in (revise_quote, lambda q, by: close_quote(q, reason="lost", by=by)):
        with pytest.raises(NotAllowed):
            action(quote, by=rep)
    delete_quote(quote, by=rep)
    assert not Quote.objects.visible_to(rep).exists()


def test_a_quote_is_closed_as_lost_or_cancelled_only(account, rep):
    quote = activate_quote(quote_of(account, rep), by=rep)
    with pytest.raises(Invalid):
        close_quote(quote, reason="revised", by=rep)
    assert close_quote(quote, reason="lost", by=rep).status_words == "Lost"


def test_a_number_that_was_not_used_is_given_back(account, rep):
    quote_of(account, rep)
    with pytest.raises(Invalid):
        quote_of(account, rep, write_in("-1"))
    assert quote_of(account, rep).number == f"Q-{YEAR}-0002"


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite in memory has one connection")
def test_numbers_have_no_gaps_when_many_quote_at_once():
    by, account = UserFactory(), AccountFactory()
    problems = []

    def quote_a_few():
        try:
            for _ in range(5):
                quote_of(account, by)
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=quote_a_few) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert sorted(Quote.objects.values_list("number", flat=True)) == [f"Q-{YEAR}-{n:04d}" for n in range(1, 31)]
    assert NumberSequence.objects.get().last == 30
