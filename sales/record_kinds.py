"""Leads and opportunities as kinds of record: their fields, named and typed once."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.hooks import records
from crm.hooks.records import Field, RecordKind, View
from crm.hooks.registry import Text
from crm.record_kinds import BOOKKEEPING, currencies
from crm.search.finding import narrow
from sales.actions.leads import assign_lead, change_lead
from sales.actions.opportunities import assign_opportunity, change_opportunity
from sales.filters import OpportunityFilter
from sales.models import (
    Competitor,
    DisqualifyReason,
    ForecastCategory,
    Lead,
    LeadStatus,
    LostReason,
    Opportunity,
    OpportunityStatus,
    Process,
    ProcessState,
    Progress,
    RevenueMode,
    SourceKind,
    Stage,
    Unassigned,
)
from sales.models.choices import BudgetStatus, Need, PreferredContact, Priority, PurchaseProcess, Rating, Timeframe


def register_all() -> None:
    for kind in (LEAD, OPPORTUNITY, COMPETITOR):
        records.register(kind)


def processes() -> list[tuple[Any, str]]:
    return list(Process.objects.values_list("pk", "name"))


def locked_if_closed(record: Lead | Opportunity) -> Text:
    if record.is_open:
        return ""
    return _("It is %(status)s. Reopen it to change it.") % {"status": str(record.get_status_display()).lower()}


_NEEDS = _("Need and budget")
_COMPANY = _("The company")
_MONEY = _("Revenue and forecast")
_STORY = _("The story")

LEAD = RecordKind(
    name="sales.lead",
    model=Lead,
    label=_("Lead"),
    plural=_("Leads"),
    icon="user-star",
    fields=(
        Field("topic", _("Topic"), sort="topic", is_required=True),
        Field("contact", _("Person"), "lookup", to="crm.contact", template="sales/leads/_person.html", is_editable=False),
        Field("company_name", _("Company"), sort="company_name"),
        Field("account", _("Account"), "lookup", to="crm.account", is_editable=False),
        Field("score", _("Score"), "number", template="sales/leads/_score.html", is_editable=False, is_column=False),
        Field("rating", _("Rating"), "choice", choices=lambda: Rating.choices, template="sales/leads/_rating.html"),
        Field("priority", _("Priority"), "choice", choices=lambda: Priority.choices),
        Field("status", _("Status"), "choice", sort="status", choices=lambda: LeadStatus.choices,
              template="sales/leads/_status.html", is_editable=False),
        Field("progress", _("So far"), "choice", choices=lambda: Progress.choices),
        Field("preferred_contact", _("Prefers to be reached by"), "choice", choices=lambda: PreferredContact.choices),
        Field("follow_up_on", _("Follow up on"), "day"),
        Field("qualify_by", _("Qualify by"), "day"),
        Field("disqualify_reason", _("Reason"), "choice", choices=lambda: DisqualifyReason.choices, is_editable=False),
        Field("campaign", _("Campaign"), "lookup", to="crm.campaign"),
        Field("source_kind", _("Kind of source"), "choice", choices=lambda: SourceKind.choices),
        Field("source", _("Source")),
        Field("need", _("Need"), "choice", choices=lambda: Need.choices, group=_NEEDS),
        Field("timeframe", _("Purchase timeframe"), "choice", choices=lambda: Timeframe.choices, group=_NEEDS),
        Field("budget_status", _("Budget status"), "choice", choices=lambda: BudgetStatus.choices, group=_NEEDS),
        Field("budget_amount", _("Budget"), "money", group=_NEEDS),
        Field("currency", _("Currency"), "choice", choices=currencies, group=_NEEDS),
        Field("purchase_process", _("Purchase process"), "choice", choices=lambda: PurchaseProcess.choices,
              group=_NEEDS),
        Field("decision_maker", _("Decides on the purchase"), "yesno", group=_NEEDS),
        Field("is_fit", _("Fits us"), "yesno", group=_NEEDS),
        Field("is_interested", _("Interest confirmed"), "yesno", group=_NEEDS),
        Field("estimated_revenue", _("Estimated revenue"), "money", group=_NEEDS),
        Field("estimated_close", _("Estimated close"), "day", group=_NEEDS),
        Field("qualification_notes", _("Notes on qualifying"), "longtext", group=_NEEDS),
        Field("description", _("Description"), "longtext", group=_NEEDS),
        Field("industry", _("Industry"), group=_COMPANY),
        Field("website", _("Website"), "url", group=_COMPANY),
        Field("employees", _("Employees"), "number", group=_COMPANY),
        Field("annual_revenue", _("Annual revenue"), "money", group=_COMPANY),
        Field("assigned_at", _("Assigned"), "moment", is_editable=False),
        Field("closed_at", _("Closed"), "moment", is_editable=False),
        Field("unassigned_because", _("Unassigned because"), "choice", choices=lambda: Unassigned.choices,
              template="sales/leads/_unassigned.html", is_editable=False),
        *BOOKKEEPING,
    ),
    columns=("topic", "contact", "company_name", "score", "rating", "status", "owner", "created_at"),
    sort="-created_at",
    views=(
        View("all", _("Leads"), ""),
        View("my-open", _("My open leads"), "owner=me&status=open"),
        View("team-open", _("Open leads of my team"), "owner=team&status=open"),
        View("open", _("Open leads"), "status=open"),
        View("untouched", _("Open leads nobody has contacted"), "status=open&progress=new"),
        View("hot", _("Hot leads"), "status=open&rating=hot"),
        View("nobodys", _("Open leads without an owner"), "status=open&owner__empty=yes"),
        View("unassigned", _("Unassigned leads"),
             "status=open&owner__empty=yes&sort=created_at&columns=topic,contact,unassigned_because,rating,campaign,created_at"),
        View("qualified", _("Qualified in the last 90 days"), "status=qualified&closed_at__last=90"),
    ),
    list_url="sales:leads",
    matching=narrow,
    related=("contact", "owner"),
    change=change_lead,
    assign=assign_lead,
    locked=locked_if_closed,
    in_head=("status", "score", "contact", "unassigned_because"),
)  # fmt: skip

OPPORTUNITY = RecordKind(
    name="sales.opportunity",
    model=Opportunity,
    label=_("Opportunity"),
    plural=_("Opportunities"),
    icon="target",
    fields=(
        Field("topic", _("Topic"), sort="topic", is_required=True),
        Field("account", _("Account"), "lookup", to="crm.account"),
        Field("contact", _("Contact"), "lookup", to="crm.contact"),
        Field("rating", _("Rating"), "choice", choices=lambda: Rating.choices),
        Field("priority", _("Priority"), "choice", choices=lambda: Priority.choices),
        Field("campaign", _("Campaign"), "lookup", to="crm.campaign"),
        Field("status", _("Status"), "choice", sort="status", choices=lambda: OpportunityStatus.choices,
              template="sales/opportunities/_status.html", is_editable=False),
        Field("stage", _("Stage"), "choice", choices=lambda: Stage.choices, is_editable=False),
        Field("stage_since", _("In this stage since"), "moment", is_editable=False),
        Field("process", _("Process"), "choice", choices=processes, is_editable=False),
        Field("process_state", _("State of the process"), "choice", choices=lambda: ProcessState.choices,
              is_editable=False),
        Field("revenue_mode", _("Revenue"), "choice", choices=lambda: RevenueMode.choices, group=_MONEY),
        Field("estimated_revenue", _("Estimated revenue"), "money", sort="estimated_revenue_base",
              template="sales/opportunities/_estimate.html", group=_MONEY),
        Field("currency", _("Currency"), "choice", choices=currencies, group=_MONEY),
        Field("estimated_close", _("Estimated close"), "day", sort="estimated_close", group=_MONEY),
        Field("probability", _("Probability"), "number", group=_MONEY),
        Field("forecast_category", _("Forecast category"), "choice", choices=lambda: ForecastCategory.choices,
              group=_MONEY),
        Field("actual_revenue", _("Actual revenue"), "money", is_editable=False, group=_MONEY),
        Field("closed_on", _("Closed on"), "day", is_editable=False, group=_MONEY),
        Field("lost_reason", _("Lost because"), "choice", choices=lambda: LostReason.choices, is_editable=False,
              group=_MONEY),
        Field("lost_to", _("Lost to"), "lookup", to="sales.competitor", is_editable=False, group=_MONEY),
        Field("need", _("Need"), "choice", choices=lambda: Need.choices, group=_NEEDS),
        Field("purchase_timeframe", _("Purchase timeframe"), "choice", choices=lambda: Timeframe.choices, group=_NEEDS),
        Field("purchase_process", _("Purchase process"), "choice", choices=lambda: PurchaseProcess.choices,
              group=_NEEDS),
        Field("budget_status", _("Budget status"), "choice", choices=lambda: BudgetStatus.choices, group=_NEEDS),
        Field("budget_amount", _("Budget"), "money", group=_NEEDS),
        Field("decision_maker", _("Decision maker known"), "yesno", group=_NEEDS),
        Field("current_situation", _("Current situation"), "longtext", group=_STORY),
        Field("customer_need", _("Customer need"), "longtext", group=_STORY),
        Field("pain_points", _("Pain points"), "longtext", group=_STORY),
        Field("proposed_solution", _("Proposed solution"), "longtext", group=_STORY),
        Field("description", _("Description"), "longtext", group=_STORY),
        *BOOKKEEPING,
    ),
    columns=("topic", "account", "contact", "estimated_revenue", "estimated_close", "stage", "status", "owner"),
    sort="estimated_close",
    views=(
        View("all", _("Opportunities"), ""),
        View("my-open", _("My open opportunities"), "owner=me&status=open"),
        View("team-open", _("Open opportunities of my team"), "owner=team&status=open"),
        View("with-me", _("Open ones I am on the sales team of"), "on_team=yes&status=open"),
        View("open", _("Open opportunities"), "status=open"),
        View("closing", _("Closing this month"), "status=open&estimated_close__in=this_month"),
        View("stalled", _("Too long in one stage"), "stalled=yes&status=open"),
        View("won", _("Won this quarter"), "status=won&closed_on__in=this_quarter"),
        View("lost", _("Lost this quarter"), "status=lost&closed_on__in=this_quarter"),
    ),
    list_url="sales:opportunities",
    board_url="sales:board",
    matching=narrow,
    filterset=OpportunityFilter,
    related=("account", "contact", "owner"),
    change=change_opportunity,
    assign=assign_opportunity,
    locked=locked_if_closed,
    in_head=("status", "stage", "stage_since", "process", "process_state"),
)  # fmt: skip

COMPETITOR = RecordKind(
    name="sales.competitor",
    model=Competitor,
    label=_("Competitor"),
    plural=_("Competitors"),
    icon="swords",
    fields=(
        Field("name", _("Name"), sort="name", is_required=True),
        Field("website", _("Website"), "url"),
        Field("products", _("Products"), "longtext", help_text=_("What they sell against us.")),
        Field("strengths", _("Strengths"), "longtext"),
        Field("weaknesses", _("Weaknesses"), "longtext"),
        *BOOKKEEPING,
    ),
    columns=("name", "website", "products", "weaknesses", "updated_at"),
    sort="name",
    views=(View("all", _("Competitors"), ""), View("mine", _("Written down by me"), "created_by=me")),
    list_url="sales:competitors",
    matching=narrow,
    related=("owner",),
)
