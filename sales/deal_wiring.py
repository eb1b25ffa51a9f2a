"""What sales puts on the hooks about those around a deal: competitors, stakeholders, the sales team."""

from __future__ import annotations

from auditlog.registry import auditlog
from django.utils.translation import gettext_lazy as _

from crm.access.depths import Depth
from crm.hooks import merging, navigation, notices, panels, paths, personal, tabs
from crm.hooks.navigation import Door
from crm.hooks.panels import Panel
from crm.hooks.personal import ON_ERASE, PersonalData, of_contact
from crm.hooks.resources import EVERYTHING, READS, declare
from crm.hooks.tabs import Tab

ALL, NONE = Depth.ALL, Depth.NONE


def wire() -> None:
    """Register everything; called once, by sales/wiring.py."""
    _competitors()
    _people()


def _competitors() -> None:
    from sales.models import Competitor
    from sales.web.rivalries import competitors_tab

    declare(
        "sales.competitor", "Competitors", ("export", "import"), rep=(ALL, ALL, ALL, NONE), manager=EVERYTHING, marketer=READS
    )  # fmt: skip
    auditlog.register(Competitor, exclude_fields=["version", "updated_at"])
    tabs.register(Tab("competitors", "sales.opportunity", _("Competitors"), competitors_tab, 22))
    navigation.register(
        Door(
            "sales.competitors", "sales", _("Competitors"), "sales:competitors", "swords", ("sales.competitor", "view"), 60
        )
    )  # fmt: skip


def _people() -> None:
    from sales.models import Stakeholder
    from sales.models.deal_people import deals_worked_on
    from sales.queries import facts
    from sales.web import deal_people

    paths.register(
        "opportunity through its team", "sales.opportunity", deals_worked_on, _("You are on its sales team."),
        (*paths.SEEING, "change"),
    )  # fmt: skip
    paths.register(
        "contact through a say", "crm.contact", facts.contacts_with_a_say, _("You see a deal in which they have a say.")
    )
    paths.register(
        "lead through opportunity", "sales.lead", facts.leads_of_deals, _("You see the deal that came of it.")
    )
    panels.register(
        Panel(
            "sales.lead_files", "sales.opportunity", _("Files of the lead"), deal_people.lead_files, 71, travels=False
        )
    )
    for name, on, title, draw, order in (
        ("sales.stakeholders", "sales.opportunity", _("Stakeholders"), deal_people.stakeholders_panel, 5),
        ("sales.team", "sales.opportunity", _("Sales team"), deal_people.team_panel, 6),
        ("sales.stakes", "crm.contact", _("Has a say in"), deal_people.stakes_panel, 22),
    ):
        panels.register(Panel(name, on, title, draw, order, travels=False))
    notices.declare("opportunity.team", _("You are put on the team of a deal"), order=31)
    merging.moves(
        "sales.stakes_of_contact", Stakeholder, "contact_id", on=["crm.contact"], once_per=[["opportunity_id"]]
    )
    say = PersonalData(
        "sales.stakeholder", _("Say in deals"), of_contact(Stakeholder), blank={"note": ""}, deletes=ON_ERASE, order=33
    )
    personal.register(say)
