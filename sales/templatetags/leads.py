"""Parts of leads: why nobody has one."""

from __future__ import annotations

from django import template

from sales.models import Lead
from sales.queries.assignment_words import why_nobody_has

register = template.Library()


@register.filter
def why_nobody(lead: Lead) -> list[str]:
    return why_nobody_has(lead)
