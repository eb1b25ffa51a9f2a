"""What the assignment of leads puts on the hooks: resources, the desk, the job, doors."""

from auditlog.registry import auditlog
from django.utils.translation import gettext_lazy as _

from crm import jobs
from crm.access.depths import Depth
from crm.hooks import handover, navigation, paths
from crm.hooks.navigation import Door
from crm.hooks.resources import EVERYTHING, READS, declare

BRANCH, NONE = Depth.BRANCH, Depth.NONE
TRIES = ("assignment_rule", "assignment_tried_at", "unassigned_because", "unassigned_details")
"""What the rules note on a lead whenever they are asked; whom they gave it to, the log tells."""


def wire() -> None:
    from sales.actions import unassigned
    from sales.actions.deal_desk import open_deals
    from sales.actions.desk import receive_leads
    from sales.models import Absence, AssignmentRule, Lead, Seller
    from sales.queries.facts import leads_of_nobody

    declare("sales.assignmentrule", "Assignment rules", manager=EVERYTHING, marketer=READS)
    declare("sales.seller", "Working hours and absence of sellers", manager=(BRANCH, NONE, BRANCH, NONE))
    handover.register_desk(receive_leads)
    handover.register_deal_desk(open_deals)
    jobs.register_recurring(unassigned.TRY, unassigned.EVERY)
    why = _("It is nobody’s, and you assign leads.")
    paths.register("leads that are nobody's", "sales.lead", leads_of_nobody, why, (*paths.SEEING, "change", "assign"))
    auditlog.register(Lead, exclude_fields=["version", "updated_at", *TRIES])
    auditlog.register(AssignmentRule, exclude_fields=["last_owner"], m2m_fields={"users"})
    auditlog.register(Seller)
    auditlog.register(Absence)
    _doors()


def _doors() -> None:
    rules, sellers = ("sales.assignmentrule", "change"), ("sales.seller", "view")
    for door in (
        Door("sales.unassigned", "sales", _("Unassigned leads"), "sales:unassigned", "user-question", rules, 35),
        Door(
            "sales.availability", "mine", _("When I take leads"), "sales:availability", "calendar-off",
            ("sales.lead", "change"), 10,
        ),
        Door(
            "sales.assignment", "setup", _("Assignment"), "admin:sales_assignmentrule_changelist", "arrows-split",
            rules, 50,
        ),
        Door("sales.sellers", "setup", _("Sellers"), "sales:sellers", "clock", sellers, 51),
    ):  # fmt: skip
        navigation.register(door)
