"""The pages and the API of catalogue, quotes, orders and invoices."""

from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from crm.models import Currency, OutboxItem
from sales.actions.invoices import create_invoice
from sales.actions.lines import LineInput, change_opportunity_lines
from sales.actions.opportunities import open_opportunity
from sales.actions.orders import create_order
from sales.actions.quotes import activate_quote, create_quote
from sales.demo import make_catalogue
from sales.models import Invoice, Opportunity, Order, PriceList, Product, Quote
from tests.factories.catalogue import PriceFactory, ProductFactory, TaxRateFactory
from tests.factories.crm import AccountFactory, ContactFactory, UserFactory
from tests.factories.deals import put_into_close

MOST_QUERIES = 20


@pytest.fixture
def account(db):
    return AccountFactory(name="Northwind")


@pytest.fixture
def price(db):
    return PriceFactory(
        product=ProductFactory(name="Licence", tax_rate=TaxRateFactory(), unit="seat"), price=Decimal("99.90")
    )


@pytest.fixture
def deal(rep, account):
    contact = ContactFactory(account=account, owner=rep, first_name="Asha", email="asha@northwind.example")
    deal = open_opportunity(topic="Renewal", account=account, contact=contact, owner=rep, by=rep)
    lines = [LineInput(name="Consulting", unit_price=Decimal(100)), LineInput(name="Training", unit_price=Decimal(50))]
    return change_opportunity_lines(deal, lines=lines, by=rep)


@pytest.fixture
def draft(deal, rep):
    return create_quote(opportunity=deal, by=rep)


@pytest.fixture
def active(draft, rep):
    return activate_quote(draft, by=rep)


@pytest.fixture
def reader(client, rep):
    client.force_login(rep)
    return client


def typed(quote, *lines, **fields):
    """What the browser sends for the edit page."""
    data = {
        "version": quote.version,
        "currency": quote.currency_id,
        "contact": quote.contact_id or "",
        "price_list": quote.price_list_id or "",
        "owner": quote.owner_id,
        "valid_until": quote.valid_until,
        "billing_name": quote.billing_name,
        "discount": "",
        "freight": "",
        "line": [f"n{i}" for i in range(len(lines))],
        **fields,
    }
    for i, line in enumerate(lines):
        data.update({f"n{i}-{name}": value for name, value in line.items()})
    return data


def line(**fields):
    return {"name": "Consulting", "quantity": "1", "unit_price": "100", **fields}


def test_pages_take_at_most_twenty_queries(reader, rep, deal, active, price):
    order = create_order(active, close_opportunity=False, by=rep)
    invoice = create_invoice(order, by=rep)
    draft = create_quote(opportunity=deal, by=rep)
    pages = [
        reverse("sales:quotes"), draft.get_absolute_url(), active.get_absolute_url(), reverse("sales:quote-edit", args=[draft.pk]),
        reverse("sales:quote-new"), reverse("sales:orders"), order.get_absolute_url(),
        reverse("sales:invoices"), invoice.get_absolute_url(), reverse("sales:invoice-pay", args=[invoice.pk]),
        reverse("sales:products"), price.product.get_absolute_url(), reverse("sales:price-lists"),
        price.price_list.get_absolute_url(), reverse("sales:tax-rates"), reverse("sales:opportunity-lines", args=[deal.pk]),
        deal.get_absolute_url() + "?tab=products", deal.get_absolute_url() + "?tab=quotes",
        reverse("sales:quote-email", args=[active.pk]), reverse("sales:order-email", args=[order.pk]),
    ]  # fmt: skip
    for page in pages:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert reader.get(page).status_code == 200, page
        assert len(queries) <= MOST_QUERIES, f"{page} takes {len(queries)} queries"


@pytest.mark.parametrize("name", ["quotes", "orders", "invoices", "products"])
def test_a_list_costs_the_same_with_one_row_and_with_three(reader, rep, account, name):
    def another():
        ProductFactory()
        euro = Currency.objects.get(pk="EUR")
        quote = create_quote(account=account, currency=euro, lines=[LineInput(name="x", unit_price=Decimal(1))], by=rep)
        create_invoice(create_order(activate_quote(quote, by=rep), by=rep), by=rep)

    def count():
        with CaptureQueriesContext(connection) as queries:
            reader.get(reverse(f"sales:{name}"))
        return len(queries)

    another()
    reader.get(reverse(f"sales:{name}"))
    one = count()
    another()
    another()
    assert count() == one


@pytest.mark.parametrize("name", ["quotes", "orders", "invoices", "products", "price-lists", "tax-rates"])
def test_an_empty_list_teaches(reader, name):
    assert "yet" in reader.get(reverse(f"sales:{name}")).text


def test_a_deal_gets_its_quote_with_one_press(reader, deal):
    answer = reader.post(reverse("sales:opportunity-quote", args=[deal.pk]))
    quote = Quote.objects.get()
    assert answer.url == quote.get_absolute_url()
    assert quote.total == 150


def test_a_quote_alone_asks_for_customer_and_currency(reader, account, price):
    url = reverse("sales:quote-new")
    nobody = reader.post(url, {"currency": "EUR"})
    assert nobody.context["form"].errors.keys() == {"account"}
    reader.post(url, {"account": account.pk, "currency": "EUR"})
    assert (Quote.objects.get().account, Quote.objects.get().price_list) == (account, price.price_list)


def test_lines_are_saved_in_the_order_of_the_page(reader, draft, price):
    licence = {
        "product": price.product.pk,
        "name": "Licence",
        "quantity": "2",
        "unit_price": "99.90",
        "discount": "10 %",
    }
    data = typed(draft, line(discount="5"), licence, discount="1 %", freight="7.5")
    assert reader.post(reverse("sales:quote-edit", args=[draft.pk]), data).url == draft.get_absolute_url()
    draft.refresh_from_db()
    assert [(row.name, row.net) for row in draft.lines.all()] == [
        ("Consulting", Decimal(95)),
        ("Licence", Decimal("179.82")),
    ]
    assert (draft.discount_total, draft.freight, draft.net_total) == (
        Decimal("2.75"),
        Decimal("7.5"),
        Decimal("279.57"),
    )


@pytest.mark.parametrize("quantity", ["-3", "0", "abc", ""])
def test_a_wrong_quantity_is_said_at_its_row_and_nothing_typed_is_lost(reader, draft, quantity):
    answer = reader.post(
        reverse("sales:quote-edit", args=[draft.pk]),
        typed(draft, line(), line(quantity=quantity, name="Second"), notes="Keep me"),
    )
    assert answer.status_code == 422
    first, second = answer.context["grid"].rows
    assert (first.errors.keys(), second.errors.keys()) == (set(), {"quantity"})
    assert "Keep me" in answer.text
    assert 'value="Second"' in answer.text
    assert [row.quantity for row in draft.lines.all()] == [1, 1]


def test_a_discount_that_is_too_large_is_said_at_its_place(reader, draft):
    url = reverse("sales:quote-edit", args=[draft.pk])
    answer = reader.post(url, typed(draft, line(discount="500")))
    assert answer.context["grid"].rows[0].errors.keys() == {"discount"}
    answer = reader.post(url, typed(draft, line(), discount="500"))
    assert answer.context["form"].errors.keys() == {"discount"}


def test_two_people_editing_one_quote_see_both_versions(reader, draft, rep):
    url = reverse("sales:quote-edit", args=[draft.pk])
    reader.post(url, typed(draft, line(), notes="Theirs"))
    answer = reader.post(url, typed(draft, line(), notes="Mine"))
    assert "Somebody else saved this quote" in answer.text
    assert [
        (conflict.theirs, conflict.yours) for conflict in answer.context["conflicts"] if conflict.theirs == "Theirs"
    ] == [("Theirs", "Mine")]
    draft.refresh_from_db()
    assert draft.notes == "Theirs"
    again = {**typed(draft, line(), notes="Mine"), "version": answer.context["form"]["version"].value()}
    assert reader.post(url, again).status_code == 302


def test_the_totals_follow_while_one_types(reader, draft):
    url = reverse("sales:line-totals")
    good = reader.post(url, typed(draft, line(quantity="3"), discount="50"))
    assert "€250.00" in good.text
    assert good.text.count('hx-swap-oob="true"') == 1
    wrong = reader.post(url, typed(draft, line(quantity="-3")))
    assert "Line 1: The quantity must be more than zero." in wrong.text


def test_choosing_a_product_fills_the_row(reader, price):
    data = {"key": "n1", "price_list": price.price_list.pk, "n1-product": price.product.pk, "n1-quantity": "4"}
    row = reader.get(reverse("sales:line-row"), data)
    form = row.context["row"]
    assert [form[name].value() for name in ("name", "unit", "quantity", "unit_price")] == [
        "Licence",
        "seat",
        "4",
        "99.90".rstrip("0"),
    ]
    assert row["HX-Trigger-After-Settle"] == "lines-changed"


def test_a_product_is_found_by_a_part_of_its_name_with_its_price(reader, price):
    ProductFactory(name="Licence for schools", status="retired")
    ProductFactory.create_batch(20)
    url = reverse("sales:line-products")
    found = reader.get(url, {"q": "lic", "price_list": price.price_list.pk}).json()["found"]
    sentence = f"{price.product.number} · €99.90"
    assert found == [{"id": price.product.pk, "title": "Licence", "sentence": sentence}]
    assert len(reader.get(url, {"q": ""}).json()["found"]) == 8


def test_a_row_names_its_product_and_not_the_catalogue(reader, rep, deal, price):
    ProductFactory.create_batch(5, name="Something else")
    change_opportunity_lines(deal, lines=[LineInput(product=price.product, unit_price=Decimal(5))], by=rep)
    page = reader.get(reverse("sales:opportunity-lines", args=[deal.pk])).text
    assert 'value="Licence"' in page
    assert "Something else" not in page


def test_a_product_that_is_none_is_an_error_at_its_row_and_no_write_in(reader, draft):
    page = reader.post(reverse("sales:quote-edit", args=[draft.pk]), typed(draft, line(product="999999")))
    assert page.status_code == 422
    assert "Choose a product from the list, or empty the box." in page.text


def test_the_page_offers_what_the_state_allows(reader, draft):
    assert reverse("sales:quote-activate", args=[draft.pk]) in reader.get(draft.get_absolute_url()).text
    reader.post(reverse("sales:quote-activate", args=[draft.pk]))
    page = reader.get(draft.get_absolute_url()).text
    assert reverse("sales:quote-activate", args=[draft.pk]) not in page
    assert reverse("sales:quote-order", args=[draft.pk]) in page
    assert "can no longer be changed" in reader.get(reverse("sales:quote-edit", args=[draft.pk]), follow=True).text


def test_the_whole_way_by_the_pages(reader, rep, active, deal):
    today = timezone.localdate()
    data = {"won_on": today, "close_opportunity": "on", "revenue": "140"}
    assert reader.get(reverse("sales:quote-order", args=[active.pk])).status_code == 200
    reader.post(reverse("sales:quote-order", args=[active.pk]), data)
    order = Order.objects.get()
    assert Opportunity.objects.get().actual_revenue == 140
    reader.post(reverse("sales:order-fulfil", args=[order.pk]))
    reader.post(reverse("sales:order-invoice", args=[order.pk]), {"invoiced_on": today, "due_on": today})
    invoice = Invoice.objects.get()
    pay = reverse("sales:invoice-pay", args=[invoice.pk])
    too_much = reader.post(pay, {"amount": "1000", "paid_on": today, "method": "transfer"})
    assert too_much.context["form"].errors["amount"][0].startswith("Only €150.00 of INV-")
    reader.post(pay, {"amount": "150", "paid_on": today, "method": "transfer"})
    invoice.refresh_from_db()
    assert invoice.status == "paid"
    assert "nothing is open on it" in reader.get(pay).text


def test_the_pdf_is_a_download_and_goes_by_mail(reader, active, run_jobs):
    answer = reader.get(reverse("sales:quote-pdf", args=[active.pk]))
    assert answer["Content-Disposition"] == f'attachment; filename="{active.number}.pdf"'
    assert active.number in PdfReader(BytesIO(answer.content)).pages[0].extract_text()
    url = reverse("sales:quote-email", args=[active.pk])
    assert reader.get(url).context["form"]["to"].value() == "asha@northwind.example"
    wrong = reader.post(url, {"to": "nobody", "subject": "x", "text": "y"})
    assert wrong.context["form"].errors.keys() == {"to"}
    reader.post(url, {"to": "asha@northwind.example", "subject": "Your quote", "text": "Hello"})
    run_jobs()
    assert OutboxItem.objects.get().to == "asha@northwind.example"


def test_what_you_may_not_see_is_not_there(client, active):
    stranger = UserFactory(roles=["rep"])
    client.force_login(stranger)
    for name in ("quote", "quote-edit", "quote-pdf", "quote-email", "quote-order"):
        assert client.get(reverse(f"sales:{name}", args=[active.pk])).status_code == 404


def test_a_colleague_sees_the_quote_but_may_not_change_it(client, rep, draft):
    colleague = UserFactory(roles=["rep"], team=rep.team)
    client.force_login(colleague)
    assert client.get(draft.get_absolute_url()).status_code == 200
    assert client.post(reverse("sales:quote-activate", args=[draft.pk])).status_code == 403


def test_managers_keep_the_catalogue_and_reps_read_it(client, manager, rep):
    client.force_login(manager)
    client.post(reverse("sales:tax-rate-new"), {"name": "VAT 19 %", "percent": "19", "country": "DE"})
    client.post(
        reverse("sales:price-list-new"), {"name": "Europe", "currency": "EUR", "is_active": "on", "is_default": "on"}
    )
    client.post(reverse("sales:product-new"), {"name": "Licence", "number": "L-1", "unit": "seat"})
    product, price_list = Product.objects.get(), PriceList.objects.get()
    url = reverse("sales:product-price", args=[product.pk])
    assert client.post(url, {"price_list": price_list.pk, "price": "-1"}).context["form"].errors.keys() == {"price"}
    client.post(url, {"price_list": price_list.pk, "price": "42"})
    client.post(reverse("sales:product-activate", args=[product.pk]))
    product.refresh_from_db()
    assert (product.status, product.prices.get().price) == ("active", 42)
    twice = client.post(reverse("sales:product-new"), {"name": "Other", "number": "L-1", "unit": "seat"})
    assert twice.context["form"].non_field_errors() == ["Another product has this number."]
    second = client.post(reverse("sales:price-list-new"), {"name": "B", "currency": "EUR", "is_default": "on"})
    assert "Another price list is the usual one" in second.text
    client.force_login(rep)
    assert "€42.00" in client.get(product.get_absolute_url()).text
    assert client.get(reverse("sales:product-edit", args=[product.pk])).status_code == 403
    assert client.get(reverse("sales:product-new")).status_code == 403


def test_the_account_page_shows_the_documents(reader, account, active):
    assert active.number in reader.get(reverse("crm:account", args=[account.pk])).text


# API


def post(client, path, data=None):
    return client.post(f"/api/v1/{path}", data or {}, content_type="application/json")


def test_the_whole_way_by_the_api(reader, deal):
    quote = post(reader, "quotes/", {"opportunity": deal.pk}).json()
    assert (quote["total"], [row["name"] for row in quote["lines"]]) == ("150", ["Consulting", "Training"])
    lines = [{"id": quote["lines"][0]["id"], "name": "Consulting", "quantity": "2", "unit_price": "100"}]
    changed = reader.patch(
        f"/api/v1/quotes/{quote['id']}/", {"lines": lines, "discount_percent": "10"}, content_type="application/json"
    )
    assert (changed.json()["total"], changed["ETag"]) == ("180", '"2"')
    assert post(reader, f"quotes/{quote['id']}/activate/").json()["status"] == "active"
    revised = post(reader, f"quotes/{quote['id']}/revise/")
    assert (revised.status_code, revised.json()["revision"]) == (201, 1)
    post(reader, f"quotes/{revised.json()['id']}/activate/")
    order = post(reader, f"quotes/{revised.json()['id']}/create-order/")
    assert (order.status_code, order.json()["total"]) == (201, "180")
    deal.refresh_from_db()
    assert deal.actual_revenue == 180
    assert post(reader, f"orders/{order.json()['id']}/fulfil/").json()["status"] == "fulfilled"
    invoice = post(reader, f"orders/{order.json()['id']}/create-invoice/").json()
    part = post(reader, f"invoices/{invoice['id']}/pay/", {"amount": "80"}).json()
    assert (part["status"], part["open_total"]) == ("partly_paid", "100")
    assert post(reader, f"invoices/{invoice['id']}/pay/").json()["status"] == "paid"
    refused = post(reader, f"invoices/{invoice['id']}/cancel/")
    assert refused.status_code == 409
    assert "only an unpaid invoice can be cancelled" in refused.json()["title"]
    pdf = reader.get(f"/api/v1/invoices/{invoice['id']}/pdf/", headers={"accept": "application/pdf"})
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")


def test_the_products_of_a_deal_are_written_by_the_api(reader, account, price):
    lines = [{"product": price.product.pk, "quantity": "2"}]
    deal = post(reader, "opportunities/", {"topic": "Bikes", "account": account.pk, "lines": lines}).json()
    assert (deal["lines"][0]["name"], deal["lines"][0]["net"], deal["estimated_revenue"]) == (
        "Licence",
        "199.8",
        "199.80",
    )
    here = f"/api/v1/opportunities/{deal['id']}/"
    wrong = reader.patch(
        here, {"lines": [{"name": "x", "unit_price": "1", "quantity": "-1"}]}, content_type="application/json"
    )
    assert wrong.json()["errors"][0]["path"] == "lines/0/quantity"
    assert reader.patch(here, {"lines": []}, content_type="application/json").json()["lines"] == []
    assert post(reader, "opportunities/", {"topic": "X", "account": account.pk, "lines": [{}]}).status_code == 400
    assert Opportunity.objects.count() == 1


def test_the_api_says_where_a_quantity_is_wrong(reader, account):
    data = {"account": account.pk, "currency": "EUR", "lines": [{"name": "x", "unit_price": "1", "quantity": "-2"}]}
    answer = post(reader, "quotes/", data)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"] == [{"path": "lines/0/quantity", "message": "The quantity must be more than zero."}]
    assert not Quote.objects.exists()


def test_the_api_keeps_the_catalogue(client, manager):
    client.force_login(manager)
    product = post(client, "products/", {"name": "Licence", "number": "L-1"}).json()
    prices = {"name": "Europe", "currency": "EUR", "items": [{"product": product["id"], "price": "12.50"}]}
    assert post(client, "price-lists/", prices).json()["items"] == [{"product": product["id"], "price": "12.5"}]
    negative = post(
        client, "price-lists/", {**prices, "name": "Other", "items": [{"product": product["id"], "price": "-1"}]}
    )
    assert negative.json()["errors"][0]["path"] == "items/0/price"
    assert PriceList.objects.count() == 1
    again = post(client, "products/", {"name": "Other", "number": "L-1"})
    assert [error["path"] for error in again.json()["errors"]] == ["number"]
    assert post(client, f"products/{product['id']}/activate/").json()["status"] == "active"


def test_a_stale_write_is_412(reader, draft):
    answer = reader.patch(
        f"/api/v1/quotes/{draft.pk}/", {"notes": "x"}, content_type="application/json", headers={"If-Match": '"99"'}
    )
    assert answer.status_code == 412


def test_the_demo_catalogue_is_made_once(manager):
    assert len(make_catalogue(manager)) == 8
    make_catalogue(manager)
    assert (Product.objects.filter(status="active").count(), PriceList.objects.count()) == (8, 3)
    assert Product.objects.get(number="CON-DAY").prices.count() == 3


def test_the_order_page_asks_for_what_the_deal_lacks_only_where_it_is_closed_too(reader, active, deal):
    put_into_close(deal)
    url = reverse("sales:quote-order", args=[active.pk])
    assert "The deal still needs “Final proposal ready”" in reader.get(url).content.decode()
    typed = {"won_on": timezone.localdate().isoformat()}
    refused = reader.post(url, {**typed, "close_opportunity": "on"})
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["step_final_proposal_ready"]
    assert not Order.objects.exists()
    assert reader.post(url, typed).status_code == 302
    assert Opportunity.objects.get().status == "open"
