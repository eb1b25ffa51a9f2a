"""Words of the process: how long something stood in a stage, and that it stands too long."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.templatetags.ui import icon
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


@register.simple_tag
def stay_of(opportunity: Opportunity, now: datetime) -> SafeString:
    """How long it has stood in its stage; marked where that is longer than its process gives it."""
    words = stay(now - opportunity.stage_since)
    if not opportunity.is_stalled(now):
        return format_html('<span title="{}">{}</span>', _("In this stage"), words)
    return format_html(
        '<span class="stalled" title="{}">{} {}</span>',
        stalled_words(opportunity),
        icon("hourglass", _("stalled")),
        words,
    )
