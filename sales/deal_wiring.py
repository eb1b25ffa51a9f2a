"""What sales puts on the hooks about those around a deal: the competitors."""

from __future__ import annotations

from auditlog.registry import auditlog
from django.utils.translation import gettext_lazy as _

from crm.access.depths import Depth
from crm.hooks import navigation, tabs
from crm.hooks.navigation import Door
from crm.hooks.resources import EVERYTHING, READS, declare
from crm.hooks.tabs import Tab

ALL, NONE = Depth.ALL, Depth.NONE


def wire() -> None:
    """Register everything; called once, by sales/wiring.py."""
    _competitors()


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
