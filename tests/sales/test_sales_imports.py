"""Leads, opportunities and products from a file."""

import pytest

from crm.actions.bulk import start_run
from crm.models import Contact
from sales.models import Competitor, Lead, Opportunity, PriceListItem, Product
from tests.crm.test_imports import _files, counts  # noqa: F401
from tests.crm.test_imports_kinds import bring, reverted  # noqa: F401
from tests.factories.catalogue import PriceListFactory
from tests.factories.crm import ContactFactory

pytestmark = pytest.mark.django_db


def test_leads_are_captured_once_a_person_and_go_again(bring, administrator, run_jobs):  # noqa: F811
    text = "Topic,First name,Last name,Email,Company,Lead Source\nDemo,Asha,Rao,asha@c.example,Northwind,Fair\nDemo,Ben,Ito,ben-at-c,,\nDemo,Asha,Rao,ASHA@c.example,,\n"
    of = bring("sales.lead", text)
    assert counts(of) == (1, 0, 0, 1, 1), list(of.lines.values("problem"))
    lead = Lead.objects.get()
    assert (lead.contact.email, lead.source, lead.company_name) == ("asha@c.example", "Fair", "Northwind")
    assert counts(bring("sales.lead", text)) == (0, 0, 1, 1, 1)
    of = reverted(of, administrator, run_jobs)
    assert (of.reverted_count, Lead.objects.alive().count(), Contact.objects.count()) == (1, 0, 1)


def test_opportunities_are_opened_in_their_stage_and_won_where_they_were(bring, administrator, run_jobs):  # noqa: F811
    ContactFactory(email="asha@c.example")
    text = (
        "Deal Name,Account,Contact,Amount,Currency,Close Date,Stage,Status,Lost because\n"
        'Renewal,Northwind,asha@c.example,"48,000.50",EUR,2026-11-30,Develop,Open,\n'
        "Old,Northwind,,100,EUR,,,Won,\nGone,Northwind,,100,EUR,,,Lost,\nNobody,,,1,EUR,,,,\n"
    )
    of = bring("sales.opportunity", text)
    assert counts(of) == (2, 0, 0, 2, 0), list(of.lines.values("problem"))
    deal = Opportunity.objects.get(topic="Renewal")
    assert (deal.stage, deal.account.name, str(deal.estimated_revenue)) == ("develop", "Northwind", "48000.50")
    assert Opportunity.objects.get(topic="Old").status == "won"
    assert counts(bring("sales.opportunity", text)) == (0, 0, 2, 2, 0)
    of = reverted(of, administrator, run_jobs)
    assert not Opportunity.objects.alive().filter(topic="Renewal").exists()


def test_a_lost_opportunity_goes_out_and_comes_in_with_whom_it_was_lost_to(bring, administrator):  # noqa: F811
    volta = Competitor.objects.create(name="Volta Bikes", created_by=administrator)
    head = "Topic,Account,Amount,Status,Lost because,Lost to\n"
    text = f"{head}Gone,Northwind,100,Lost,Price,volta bikes\nOff,Northwind,1,Lost,Price,Nobody\nNew,Northwind,1,Open,,Volta Bikes\n"
    of = bring("sales.opportunity", text)
    assert counts(of) == (1, 0, 0, 2, 0), list(of.lines.values("problem"))
    gone = Opportunity.objects.get()
    assert (gone.status, gone.lost_reason, gone.lost_to) == ("lost", "price", volta)
    problems = list(of.lines.filter(verdict="error").order_by("number").values_list("problem", flat=True))
    assert problems == [
        "Lost to: There is no competitor “Nobody”.",
        "It names to whom it was lost, and its status is not “Lost”.",
    ]
    run = start_run(
        "sales.opportunity",
        "export",
        Opportunity.objects.all(),
        values={"columns": ["topic", "lost_to"], "format": "csv"},
        by=administrator,
    )
    run.refresh_from_db()
    with run.file.open("rb") as file:
        assert "Gone,Volta Bikes" in file.read().decode("utf-8-sig")


def test_products_come_in_with_their_price(bring):  # noqa: F811
    PriceListFactory(is_default=True)
    of = bring("sales.product", 'Number,Name,Price\nLIC-1,Licence,"1,200.50"\n,Nameless,1\n')
    assert counts(of) == (1, 0, 0, 1, 0), list(of.lines.values("problem"))
    assert (Product.objects.get().status, str(PriceListItem.objects.get().price)) == ("active", "1200.5000")
    assert counts(bring("sales.product", "Number,Name,Price\nLIC-1,Licence,1300\n")) == (0, 1, 0, 0, 0)
