"""What writing emails puts on the hooks: the templates, the job that settles them, the door."""

from django.utils.translation import gettext_lazy as _

from crm import jobs
from crm.access.depths import Depth
from crm.hooks import notices
from crm.hooks.navigation import Door
from crm.hooks.navigation import register as register_door
from crm.hooks.resources import EVERYTHING, declare

OWN, ALL = Depth.OWN, Depth.ALL


def wire() -> None:
    """Imported here: letters read models, which are ready only now."""
    from crm.actions.letter_results import NOTICE, is_waiting

    declare("crm.emailtemplate", "Email templates", rep=(ALL, OWN, OWN, OWN), manager=EVERYTHING, marketer=EVERYTHING)
    notices.declare(NOTICE, _("An email that you wrote could not be sent"), order=16)
    jobs.register_sweep("crm.tasks.settle_letters", is_waiting)
    see = ("crm.emailtemplate", "view")
    register_door(Door("crm.email-templates", "sales", _("Email templates"), "crm:email-templates", "mail", see, 90))
