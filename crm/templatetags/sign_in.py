"""Parts of the pages about signing in."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

register = template.Library()

BROWSERS = [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")]
SYSTEMS = [("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS", "Mac"), ("Linux", "Linux")]  # fmt: skip


@register.inclusion_tag("ui/_openid_button.html")
def openid_button(next_page: str | None = "") -> dict[str, Any]:
    """The button to the organisation's own provider; nothing where none is configured."""
    if not settings.OIDC_URL:
        return {"name": ""}
    query = f"?{urlencode({'next': next_page})}" if next_page else ""
    address = reverse("openid_connect_login", args=["oidc"]) + query
    return {"name": settings.OIDC_NAME, "address": address}


@register.filter
def browser(user_agent: str) -> str:
    """“Firefox on Linux”, or the beginning of what the browser says of itself."""
    name = next((label for mark, label in BROWSERS if mark in user_agent), "")
    system = next((label for mark, label in SYSTEMS if re.search(mark, user_agent)), "")
    if name and system:
        return _("%(browser)s on %(system)s") % {"browser": name, "system": system}
    return name or user_agent[:60] or _("Unknown browser")
