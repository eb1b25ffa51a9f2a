"""At start-up: are the carriers there, can their addresses be read, can the keys?"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured

from crm.delivery import geography, tokens
from crm.delivery.providers import provider_of
from crm.models.consent import Channel


def check_delivery(**_: Any) -> list[CheckMessage]:
    """A wrong EMAIL_URL is a line at start-up, not a surprise at the first send."""
    found: list[CheckMessage] = []
    for channel in Channel.values:
        try:
            provider_of(channel)
        except KeyError:
            found.append(Error(f"settings.DELIVERY names no carrier for {channel}.", id="delivery.E001"))
        except (ImportError, TypeError, ValueError) as problem:
            found.append(Error(f"The carrier for {channel} cannot be used: {problem}", id="delivery.E002"))
    try:
        tokens.check_keys()
    except ImproperlyConfigured as problem:
        found.append(Error(str(problem), id="delivery.E003"))
    if said := geography.problem():
        found.append(Warning(f"GEOIP_PATH: {said} Countries are not told.", id="delivery.W005"))
    if not settings.PUBLIC_URL.startswith(("http://", "https://")):
        found.append(Error("PUBLIC_URL must begin with http:// or https://.", id="delivery.E004"))
    return found
