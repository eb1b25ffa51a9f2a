"""What sales puts on the hooks."""

from typing import Any

from auditlog.registry import auditlog
from django.utils.translation import gettext_lazy as _

from crm.access.depths import Depth
from crm.hooks import (
    attributes,
    campaign_results,
    navigation,
    notices,
    outcomes,
    panels,
    paths,
    record_commands,
    regarding,
    search,
    tabs,
)
from crm.hooks.attributes import Attribute
from crm.hooks.navigation import Door
from crm.hooks.panels import Panel
from crm.hooks.resources import EVERYTHING, OWNED, READS, declare
from crm.hooks.tabs import Tab
from crm.log import kinds, triggers
from crm.search import indexed
from sales import assignment_wiring, deal_wiring, watched
from sales import indexed as sales_indexed

OWN, TEAM, BRANCH, ALL, NONE = Depth.OWN, Depth.TEAM, Depth.BRANCH, Depth.ALL, Depth.NONE


def wire() -> None:
    """Register everything; called once, from SalesConfig.ready()."""
    from sales import exports, imports

    _deals()
    assignment_wiring.wire()
    deal_wiring.wire()
    _documents()
    imports.register_all()
    exports.register_all()


def _deals() -> None:
    """Leads, opportunities, and the desk that takes what is handed over."""
    from sales import bin_rules, bulk_actions, embeds, merge_rules, personal, record_kinds
    from sales.models import Opportunity
    from sales.models.choices import Rating
    from sales.queries import came_of, facts
    from sales.web import found, related, side, work_queue
    from sales.web import tabs as opportunity_tabs

    declare(
        "sales.lead",
        "Leads",
        (*OWNED, "merge"),
        rep=(TEAM, OWN, OWN, NONE),
        manager=(BRANCH, OWN, BRANCH, BRANCH),
        marketer=READS,
    )
    declare(
        "sales.opportunity",
        "Opportunities",
        OWNED,
        rep=(TEAM, OWN, OWN, NONE),
        manager=(BRANCH, OWN, BRANCH, BRANCH),
        marketer=READS,
    )
    declare("sales.process", "Sales processes", manager=EVERYTHING)
    declare("sales.quota", "Quotas", manager=EVERYTHING)
    record_kinds.register_all()
    personal.register_all()
    related.register_all()
    embeds.register_all()
    notices.declare("lead.interest", _("New interest on a lead of yours"), order=30)
    bin_rules.register_all()
    bulk_actions.register_all()
    merge_rules.register_all()
    _deal_kinds()
    _deal_doors()
    paths.register(
        "contact through lead", "crm.contact", facts.contacts_seen_through_leads, _("You see a lead of theirs.")
    )
    paths.register(
        "contact through opportunity",
        "crm.contact",
        facts.contacts_seen_through_opportunities,
        _("You see an opportunity of theirs."),
    )
    attributes.register(Attribute("sales.has_open_lead", "Has an open lead", "yesno", facts.has_open_lead, "Sales"))
    attributes.register(
        Attribute("sales.has_open_opportunity", "Has an open opportunity", "yesno", facts.has_open_opportunity, "Sales")
    )
    attributes.register(
        Attribute(
            "sales.lead_rating", "Rating of the open lead", "choice", facts.lead_rating, "Sales", lambda: Rating.choices
        )
    )
    tabs.register(Tab("products", "sales.opportunity", _("Products"), opportunity_tabs.products, 20))
    tabs.register(Tab("quotes", "sales.opportunity", _("Quotes"), opportunity_tabs.quotes, 21))
    record_commands.register(
        record_commands.Command(
            "sales.new_opportunity",
            ["crm.account", "crm.contact"],
            _("New opportunity"),
            "target",
            side.new_opportunity,
            verb="view",
            is_offered=lambda record: bool(record.is_active),
            permission=("sales.opportunity", "add"),
            is_primary=True,
        )
    )
    panels.register(Panel("sales.work_bar", "record.above", _("My work"), work_queue.work_bar))
    panels.register(Panel("sales.contact_deals", "crm.contact", _("Leads & deals"), side.deals_of_contact, 20))
    panels.register(Panel("sales.account_deals", "crm.account", _("Leads & deals"), side.deals_of_account, 20))
    campaign_results.register(
        "leads", _("Leads"), facts.count(facts.contacts_with_leads), facts.contacts_with_leads, order=60
    )
    campaign_results.register(
        "opportunities",
        _("Opportunities"),
        facts.count(facts.contacts_with_opportunities),
        facts.contacts_with_opportunities,
        order=70,
    )
    campaign_results.register(
        "revenue", _("Won"), facts.count(facts.contacts_won), facts.contacts_won, facts.revenue_won, order=80
    )
    outcomes.register(outcomes.Outcome("leads", _("Leads"), came_of.lead, order=10))
    outcomes.register(outcomes.Outcome("opportunities", _("Opportunities"), came_of.opportunity, order=20))
    outcomes.register(outcomes.Outcome("won", _("Won"), came_of.won, came_of.revenue, order=30))
    regarding.register("sales.lead", facts.open_leads_of)
    regarding.register("sales.opportunity", facts.open_opportunities_of)
    triggers.keep(watched.LEAD, watched.OPPORTUNITY)
    auditlog.register(Opportunity, exclude_fields=["version", "updated_at", "place", "placed_at"])
    for source in found.SOURCES:
        search.register(source)
    indexed.keep(*sales_indexed.EVERY)


def _deal_kinds() -> None:
    lead: dict[str, Any] = {"group": "Leads", "is_behaviour": False, "is_news": True}
    deal: dict[str, Any] = {"group": "Deals", "is_behaviour": False, "is_news": True}
    kinds.declare("lead.created", "Lead created", icon="user-star", **lead)
    kinds.declare("lead.interest", "New interest on an open lead", icon="flame", **lead)
    kinds.declare("lead.assigned", "Lead assigned", icon="user-check", **lead)
    kinds.declare("lead.qualified", "Lead qualified", icon="circle-check", **lead)
    kinds.declare("lead.disqualified", "Lead disqualified", icon="circle-x", **lead)
    kinds.declare("lead.reactivated", "Lead reactivated", icon="refresh", **lead)
    kinds.declare("opportunity.opened", "Opportunity opened", icon="target", **deal)
    kinds.declare("opportunity.advanced", "Opportunity changed stage", icon="arrow-right", **deal)
    kinds.declare("opportunity.won", "Opportunity won", icon="trophy", **deal)
    kinds.declare("opportunity.lost", "Opportunity lost", icon="mood-sad", **deal)
    kinds.declare("opportunity.reopened", "Opportunity reopened", icon="refresh", **deal)
    kinds.declare("process.finished", "Sales process finished", icon="circle-check", **deal)
    kinds.declare("process.abandoned", "Sales process abandoned", icon="ban", **deal)
    kinds.declare("process.resumed", "Sales process taken up again", icon="player-play", **deal)
    kinds.declare("process.chosen", "Sales process changed", icon="switch-horizontal", **deal)


def _deal_doors() -> None:
    lead, deal = ("sales.lead", "view"), ("sales.opportunity", "view")
    deals = ("sales.opportunity", "view")
    navigation.register(Door("sales.home", "sales", _("Home"), "sales:home", "home", deals, 10))
    quota = ("sales.quota", "view")
    navigation.register(Door("sales.quotas", "setup", _("Quotas"), "admin:sales_quota_changelist", "target", quota, 52))
    navigation.register(
        Door("sales.my-work", "sales", _("My work"), "sales:my-work", "checklist", ("sales.lead", "change"), 20)
    )
    navigation.register(Door("sales.leads", "sales", _("Leads"), "sales:leads", "user-star", lead, 30))
    navigation.register(
        Door("sales.opportunities", "sales", _("Opportunities"), "sales:opportunities", "target", deal, 40)
    )
    navigation.register(
        Door("sales.new-lead", "new", _("Lead"), "sales:lead-new", "user-star", ("sales.lead", "add"), 10)
    )
    navigation.register(
        Door(
            "sales.new-opportunity",
            "new",
            _("Opportunity"),
            "sales:opportunity-new",
            "target",
            ("sales.opportunity", "add"),
            20,
        )
    )
    navigation.register(
        Door(
            "sales.process",
            "setup",
            _("Process"),
            "admin:sales_process_changelist",
            "route",
            ("sales.process", "change"),
            40,
        )
    )


def _documents() -> None:
    """Catalogue, quotes, orders, invoices."""
    from sales.models import Invoice, Order, Payment, PriceList, PriceListItem, Product, Quote, TaxRate
    from sales.queries.documents import orders_of_deals, quotes_of_deals, quotes_worked_on

    declare("sales.product", "Products", ("export",), rep=READS, manager=EVERYTHING, marketer=READS)
    declare("sales.pricelist", "Price lists", rep=READS, manager=EVERYTHING)
    declare("sales.taxrate", "Tax rates", rep=READS, manager=EVERYTHING)
    declare(
        "sales.quote", "Quotes", ("assign", "share"), rep=(TEAM, OWN, OWN, OWN), manager=(BRANCH, OWN, BRANCH, BRANCH)
    )
    declare(
        "sales.order", "Orders", ("assign", "share"), rep=(TEAM, OWN, OWN, NONE), manager=(BRANCH, OWN, BRANCH, NONE)
    )
    declare(
        "sales.invoice",
        "Invoices",
        ("assign", "share"),
        rep=(TEAM, OWN, OWN, NONE),
        manager=(BRANCH, OWN, BRANCH, NONE),
    )
    paths.register("quote through opportunity", "sales.quote", quotes_of_deals, _("You see its opportunity."))
    on_team = _("You are on the sales team of its deal.")
    paths.register("quote through the team of its deal", "sales.quote", quotes_worked_on, on_team, ("change",))
    paths.register("order through opportunity", "sales.order", orders_of_deals, _("You see its opportunity."))
    for model in (Product, PriceList, PriceListItem, TaxRate, Quote, Order, Invoice, Payment):
        auditlog.register(model, exclude_fields=["version", "updated_at"])
    _document_kinds()
    _document_doors()


def _document_kinds() -> None:
    paper: dict[str, Any] = {"group": "Documents", "is_behaviour": False, "is_news": True}
    kinds.declare("quote.activated", "Quote activated", icon="file-text", **paper)
    kinds.declare("quote.revised", "Quote revised", icon="copy", **paper)
    kinds.declare("quote.won", "Quote won", icon="trophy", **paper)
    kinds.declare("quote.closed", "Quote closed", icon="file-text", **paper)
    kinds.declare("order.created", "Order placed", icon="shopping-cart", **paper)
    kinds.declare("order.fulfilled", "Order fulfilled", icon="package", **paper)
    kinds.declare("order.cancelled", "Order cancelled", icon="ban", **paper)
    kinds.declare("invoice.created", "Invoice written", icon="file-invoice", **paper)
    kinds.declare("invoice.paid", "Invoice paid", icon="receipt", **paper)
    kinds.declare("invoice.cancelled", "Invoice cancelled", icon="ban", **paper)


def _document_doors() -> None:
    door = navigation.register
    door(Door("sales.quotes", "sales", _("Quotes"), "sales:quotes", "file-text", ("sales.quote", "view"), 90))
    door(Door("sales.orders", "sales", _("Orders"), "sales:orders", "shopping-cart", ("sales.order", "view"), 100))
    door(
        Door("sales.invoices", "sales", _("Invoices"), "sales:invoices", "file-invoice", ("sales.invoice", "view"), 110)
    )
    door(Door("sales.products", "sales", _("Products"), "sales:products", "package", ("sales.product", "view"), 120))
    door(Door("sales.new-quote", "new", _("Quote"), "sales:quote-new", "file-text", ("sales.quote", "add"), 30))
