"""The parts of an opportunity's page: its products, its quotes."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from sales.models import Opportunity


def products(request: HttpRequest, opportunity: Opportunity) -> SafeString:
    return render_to_string("sales/opportunities/_lines.html", {"opportunity": opportunity}, request)


def quotes(request: HttpRequest, opportunity: Opportunity) -> SafeString:
    return render_to_string("sales/opportunities/_quotes.html", {"opportunity": opportunity}, request)
