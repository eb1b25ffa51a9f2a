"""Parts of document pages: the badge, the quotes of a deal, numbers as people write them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from crm.templatetags.ui import status_badge
from sales.models import Opportunity, Quote
from sales.web.documents import tone_of
from sales.web.line_grid import plain, totals_of

register = template.Library()


@register.simple_tag
def document_badge(document: Any) -> SafeString:
    words = getattr(document, "status_words", "") or document.get_status_display()
    return status_badge(words, tone_of(document))


@register.filter
def number(value: Decimal | None) -> str:
    """2.5000 → 2.5"""
    return plain(value)


@register.inclusion_tag("sales/opportunities/_lines_table.html", takes_context=True)
def opportunity_products(context: template.Context, opportunity: Opportunity) -> dict[str, Any]:
    """The deal's lines and what they come to."""
    lines = list(opportunity.lines.all())
    user = context["request"].user
    return {
        "opportunity": opportunity,
        "lines": lines,
        "currency": opportunity.currency_id,
        "totals": totals_of(lines, opportunity.currency) if lines else None,
        "may_change": opportunity.is_open and user.may("sales.opportunity", "change"),
    }


@register.inclusion_tag("sales/opportunities/_quotes_table.html", takes_context=True)
def opportunity_quotes(context: template.Context, opportunity: Opportunity) -> dict[str, Any]:
    """The deal's quotes that the reader may see, newest first."""
    user = context["request"].user
    return {
        "opportunity": opportunity,
        "quotes": Quote.objects.visible_to(user).filter(opportunity=opportunity),
        "may_add": opportunity.is_open and user.may("sales.quote", "add"),
        "csrf_token": context.get("csrf_token"),
    }


@register.filter
def overdue(invoice: Any) -> bool:
    """In a list: by the reader's day."""
    return invoice.is_overdue(timezone.localdate())
