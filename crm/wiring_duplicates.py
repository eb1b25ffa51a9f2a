"""What duplicates and merging put on the hooks: resources, jobs, doors."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from crm import jobs
from crm.access.depths import Depth
from crm.hooks.navigation import Door
from crm.hooks.navigation import register as register_door
from crm.hooks.panels import Panel
from crm.hooks.panels import register as register_panel
from crm.hooks.resources import declare

ALL, NONE = Depth.ALL, Depth.NONE


def wire() -> None:
    """Imported here: the searches read models, which are ready only now."""
    from crm.actions.duplicate_search import has_waiting_search
    from crm.web.merging import alike_panel

    declare(
        "crm.duplicate",
        "Duplicates",
        rep=(ALL, NONE, ALL, NONE),
        manager=(ALL, NONE, ALL, NONE),
        marketer=(ALL, NONE, ALL, NONE),
    )
    declare("crm.duplicaterule", "Rules for duplicates")
    see = ("crm.duplicate", "view")
    register_door(Door("crm.duplicates", "setup", _("Duplicates"), "crm:duplicates", "copy-check", see, 62))
    for kind in ("crm.contact", "crm.account"):
        register_panel(Panel(f"crm.alike of {kind}", kind, _("Duplicates"), alike_panel, order=5, travels=False))
    jobs.register_sweep("crm.duplicate_tasks.go_on_searching", has_waiting_search)
    jobs.register_recurring("crm.duplicate_tasks.begin_nightly_search", timedelta(days=1))
