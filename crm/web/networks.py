"""Where a request came from."""

from typing import Any

from django.conf import settings


def address_of(request: Any) -> str:
    """The network address that knocked. Behind a proxy of our own (BEHIND_PROXY), the one that this proxy saw."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    if settings.BEHIND_PROXY and forwarded:
        return str(forwarded).rsplit(",", 1)[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))
