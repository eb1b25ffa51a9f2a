"""Words of the process: how long something stood in a stage, and that it stands too long."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils.translation import gettext as _

from sales.models import Opportunity

register = template.Library()
HOUR = timedelta(hours=1)


@register.filter
def stay(spent: timedelta | None) -> str:
    """“6 d”; within the first day “5 h”, and “under 1 h”."""
    if spent is None:
        return ""
    if spent.days:
        return _("%(n)d d") % {"n": spent.days}
    hours = spent // HOUR
    return _("%(n)d h") % {"n": hours} if hours else _("under 1 h")


@register.simple_tag
def stalled_words(opportunity: Opportunity) -> str:
    """Why it counts as stalled, in a sentence."""
    days = opportunity.process.days_in(opportunity.stage)
    return _("Longer than %(days)d days in %(stage)s") % {"days": days, "stage": opportunity.get_stage_display()}
