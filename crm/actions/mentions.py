"""Whoever is named with an @ is told, if they may see what it is about."""

from __future__ import annotations

from typing import Any

from crm.actions.notifications import notify_many
from crm.mentions import mentioned
from crm.models import User


def tell_mentioned(text: str, *, about: Any, by: User, key: str) -> list[User]:
    """Notify everybody mentioned in the text; answers those who were not, since they may not see `about`."""
    people = [user for user in mentioned(text) if user.pk != by.pk]
    rows = type(about)._default_manager.all()
    blind = [user for user in people if not rows.visible_to(user).filter(pk=about.pk).exists()]
    told = [user for user in people if user not in blind]
    if told:
        address = about.get_absolute_url() if hasattr(about, "get_absolute_url") else ""
        notify_many(told, f"{by} mentioned you on “{about}”.", address, "at", f"{key}:mention", kind="mention")
    return blind
