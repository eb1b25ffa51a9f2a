"""The demo's accounts, contacts, leads and deals, at every stage of the process, with their documents."""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from config.people import INDUSTRIES, Person, people
from crm.actions.activities import book_appointment, complete_activity, log_activity
from crm.actions.consent import give_consent_many
from crm.actions.contacts import capture_contact
from crm.actions.series import repeat_activity
from crm.audit import keep_created
from crm.models import Account, Activity, Contact, User
from crm.recurrence import Repeat
from sales.actions.closing import lose_opportunity, win_opportunity
from sales.actions.competitors import put_into_deal
from sales.actions.deal_people import put_on_team, set_stakeholder
from sales.actions.invoices import create_invoice, pay_invoice
from sales.actions.leads import capture_lead, disqualify_lead, qualify_lead
from sales.actions.lines import LineInput, change_opportunity_lines
from sales.actions.opportunities import open_opportunity
from sales.actions.orders import create_order
from sales.actions.quotes import activate_quote, create_quote, revise_quote
from sales.actions.sellers import add_absence, set_hours
from sales.actions.stages import advance_opportunity
from sales.demo import make_renewal_process
from sales.models import Competitor, Lead, Opportunity, Product, Quota

FILLED: dict[str, dict[str, Any]] = {
    "qualify": {"purchase_timeframe": "this_quarter", "budget_amount": Decimal(60_000)},
    "develop": {
        "customer_need": "Couriers lose hours to bikes that are in repair; nobody sees which.",
        "proposed_solution": "A leased fleet with service contracts and the workshop planner.",
    },
    "propose": {"proposal_developed": True, "proposal_presented": True},
}
COMPETITORS = {
    "Volta Mobility": {
        "website": "https://volta.example",
        "products": "Leased cargo bikes with a flat rate a month.",
        "strengths": "A large fleet, delivered within a week.",
        "weaknesses": "Repairs take days; there is no workshop of their own.",
    },
    "Pedalworks": {
        "website": "https://pedalworks.example",
        "products": "Cargo bikes and trikes, sold only.",
        "strengths": "The lowest price for a bike.",
        "weaknesses": "No service contracts and no planner.",
    },
}
QUOTAS = {"priya": 10_000, "arne": 8_000, "lena": 8_000}
"""In euros a month."""
STAKES = ["decision_maker", "champion", "influencer", "technical_buyer"]
DEALS = [
    ("Courier fleet, first 40 bikes", "qualify", "open"),
    ("Service contract 2027", "develop", "open"),
    ("Campus bikes", "develop", "open"),
    ("Warehouse trikes", "propose", "open"),
    ("Workshop planner licences", "propose", "open"),
    ("City rental pilot", "close", "open"),
    ("Annual platform renewal", "close", "open"),
    ("Delivery bikes for the old town", "close", "won"),
    ("Showroom equipment", "close", "won"),
    ("Lease of 120 bikes", "propose", "lost"),
    ("Spare parts framework", "develop", "lost"),
]


def make_customers(users: dict[str, User], count: int = 160) -> list[Contact]:
    """Accounts and contacts shared among the reps; most people gave commercial consent."""
    chance = random.Random(3)
    crowd = list(people(count, seed=3))
    reps = [users["priya"], users["arne"], users["lena"]]
    accounts = {
        name: Account(
            name=name, industry=chance.choice(INDUSTRIES), employees=chance.randrange(20, 4000), city=p.city,
            country=p.country, owner=_rep_for(p, reps), team=None, currency_id="EUR",
        )
        for p in crowd
        for name in [p.company]
    }  # fmt: skip
    keep_created(Account.objects.bulk_create(accounts.values()), by=None)
    contacts = Contact.objects.bulk_create(
        Contact(
            first_name=p.first_name, last_name=p.last_name, email=p.email, mobile=p.mobile, mobile_normal=p.mobile,
            account=accounts[p.company], company_name=p.company, job_title=p.job_title, city=p.city,
            country=p.country, time_zone=p.time_zone, owner=accounts[p.company].owner, origin="Demo",
        )
        for p in crowd
    )  # fmt: skip
    keep_created(contacts, by=None)
    agreed = Contact.objects.filter(pk__in=[c.pk for c in contacts if chance.random() < 0.85])
    give_consent_many(agreed, source="Trade fair list", text_shown="Yes, send me news.", by=users["milan"])
    return list(contacts)


def make_leads(users: dict[str, User]) -> None:
    """People who wrote to us: open leads with their reps, one disqualified."""
    sources = ["Website", "Trade fair", "Referral"]
    for number, p in enumerate(people(9, seed=11)):
        rep = _rep_for(p, [users["priya"], users["arne"], users["lena"]])
        lead, _ = capture_lead(
            topic=f"Asks about {['cargo bikes', 'a service contract', 'the workshop planner'][number % 3]}",
            email=p.email, first_name=p.first_name, last_name=p.last_name, phone=p.mobile, company=p.company,
            country=p.country, job_title=p.job_title, by=rep, owner=rep, source=sources[number % 3],
            rating=["hot", "warm", "cold"][number % 3],
        )  # fmt: skip
        if number == 8:
            disqualify_lead(lead, reason="no_longer_interested", by=rep)
        elif number % 3 == 0:
            due = timezone.now() + timedelta(hours=2 + 20 * number)
            log_activity(
                kind=Activity.Kind.TASK, subject=f"Call {p.first_name} back", regarding=lead, due_at=due, by=rep
            )


def make_availability(users: dict[str, User]) -> None:
    """When the reps take leads; and two wishes that nobody has taken yet, for the queue."""
    marta = users["marta"]
    week: dict[str, Any] = {"days": [0, 1, 2, 3, 4], "works_from": time(9), "works_to": time(18)}
    set_hours(users["priya"], **week, capacity=40, by=marta)
    set_hours(users["arne"], **week, capacity=25, by=marta)
    first = timezone.localdate() + timedelta(days=12)
    add_absence(users["lena"], first_day=first, last_day=first + timedelta(days=4), note="Bike tour", by=users["lena"])
    for p, topic in zip(people(2, seed=29), ("Asks for a price list", "Wants a test ride"), strict=True):
        contact, _is_new = capture_contact(
            email=p.email, first_name=p.first_name, last_name=p.last_name, company=p.company, country=p.country,
            job_title=p.job_title, origin="Website", by=marta,
        )  # fmt: skip
        Lead.objects.create(topic=topic, contact=contact, company_name=p.company, source="Website", created_by=marta)


def make_quotas(users: dict[str, User]) -> None:
    """What each rep is to win this month."""
    month = timezone.localdate().replace(day=1)
    Quota.objects.bulk_create(Quota(user=users[name], month=month, amount=amount) for name, amount in QUOTAS.items())


def make_competitors(by: User) -> list[Competitor]:
    """Who else sells bikes to companies; what is there already stays."""
    return [
        Competitor.objects.get_or_create(name=name, defaults={**words, "owner": by, "created_by": by})[0]
        for name, words in COMPETITORS.items()
    ]


def make_deals(users: dict[str, User], contacts: list[Contact]) -> None:
    rivals = make_competitors(users["lena"])
    products = list(Product.objects.filter(status="active").order_by("pk"))
    today = timezone.localdate()
    renewal = make_renewal_process()
    for number, (topic, stage, status) in enumerate(DEALS):
        contact = contacts[number * 7]
        rep = contact.owner or users["lena"]
        deal = open_opportunity(
            topic=topic, account=contact.account, contact=contact, owner=rep, by=rep,
            process=renewal if "renewal" in topic else None,
            estimated_revenue=Decimal(12_000 + 9_500 * number), estimated_close=today + timedelta(days=6 + 8 * number),
        )  # fmt: skip
        deal = _advance_to(deal, stage, rep)
        lines = [LineInput(product=products[(number + i) % len(products)], quantity=Decimal(2 + i)) for i in range(2)]
        deal = change_opportunity_lines(deal, lines=lines, by=rep)
        _talk(deal, rep, number)
        if number % 2:
            put_into_deal(rivals[number // 2 % 2], deal, note="They were there first.", by=rep)
        set_stakeholder(deal, contact, role=STAKES[number % len(STAKES)], by=rep)
        if (helper := [users["priya"], users["arne"]][number % 2]) != rep:
            put_on_team(deal, helper, role="expert", by=rep)
        if status == "won":
            _win(deal, rep, is_paid=number % 2 == 1)
        elif status == "lost":
            words = "The customer leases elsewhere."
            lose_opportunity(deal, reason="out_sold", competitor=rivals[number % 2], description=words, by=rep)
        elif stage in ("propose", "close"):
            quote = activate_quote(create_quote(opportunity=deal, by=rep), by=rep)
            if number % 2:
                revise_quote(quote, by=rep)


def _advance_to(deal: Opportunity, stage: str, rep: User) -> Opportunity:
    while deal.stage != stage:
        deal = advance_opportunity(deal, by=rep, need="must", **FILLED[deal.stage])
    return deal


def _talk(deal: Opportunity, rep: User, number: int) -> None:
    log_activity(kind=Activity.Kind.CALL, subject="First call", regarding=deal, outcome="Wants an offer", by=rep)
    log_activity(kind=Activity.Kind.NOTE, subject="Budget is set in January", regarding=deal, by=rep)
    if number % 3 == 0:
        start = _tomorrow_at(10) + timedelta(days=number)
        book_appointment(
            subject="Demo of the planner", starts_at=start, ends_at=start + timedelta(hours=1), regarding=deal,
            location="Video call", reminder="15m", by=rep,
        )  # fmt: skip
    elif number % 3 == 1:
        task = log_activity(
            kind=Activity.Kind.TASK, subject="Send references", regarding=deal, due_at=_tomorrow_at(9), by=rep,
            priority=Activity.Priority.HIGH if number == 1 else Activity.Priority.NORMAL,
        )  # fmt: skip
        if number > 6:
            complete_activity(task, by=rep)
    if number == 2:
        start = _tomorrow_at(15)
        check = book_appointment(
            subject="Weekly check of the order", starts_at=start, ends_at=start + timedelta(minutes=30),
            regarding=deal, invite=False, by=rep,
        )  # fmt: skip
        repeat_activity(check, Repeat("WEEKLY", count=6), by=rep)


def _win(deal: Opportunity, rep: User, *, is_paid: bool) -> None:
    order = create_order(
        activate_quote(create_quote(opportunity=deal, by=rep), by=rep), steps={"final_proposal_ready": True}, by=rep
    )
    invoice = create_invoice(order, by=rep)
    if is_paid:
        pay_invoice(invoice, method="transfer", reference="Bank statement 11", by=rep)
    deal = Opportunity.objects.get(pk=deal.pk)
    if deal.status == "open":
        win_opportunity(deal, revenue=deal.estimated_revenue, by=rep)


def _rep_for(person: Person, reps: list[User]) -> User:
    """India is Priya's; Europe and America are shared by the others."""
    return reps[0] if person.country == "IN" else reps[1 + len(person.company) % 2]


def _tomorrow_at(hour: int) -> datetime:
    return (timezone.localtime() + timedelta(days=1)).replace(hour=hour, minute=0, second=0, microsecond=0)


def qualify_one(users: dict[str, User]) -> None:
    """One lead has become a deal, so that the way from lead to opportunity can be seen."""
    p = next(people(1, seed=12))
    rep = users["arne"]
    lead, _ = capture_lead(
        topic="Wants 15 cargo bikes", email=p.email, first_name=p.first_name, last_name=p.last_name, company=p.company,
        country=p.country, by=rep, owner=rep, source="Referral", rating="hot",
    )  # fmt: skip
    qualify_lead(lead, estimated_revenue=Decimal(42_000), by=rep)
