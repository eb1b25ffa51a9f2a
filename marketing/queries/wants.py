"""What a published email wants of whoever sends it, and whether anybody but a program can."""

from __future__ import annotations

from typing import Any

from django.db.models import F

from marketing.blocks.values import needed
from marketing.models import EmailVersion, MarketingEmail


def wants_of_ready(email: MarketingEmail) -> dict[str, Any]:
    """Of the version that is sent; {} where there is none, and for most emails."""
    found = EmailVersion.objects.filter(email=email, number=email.ready_version).values_list("wants", flat=True).first()
    return found or {}


def wants_of_all() -> dict[int, dict[str, Any]]:
    """{email: what its ready version wants}, of those that want anything: few, and one question for all."""
    ready = EmailVersion.objects.filter(number=F("email__ready_version"), email__deleted_at=None).exclude(wants={})
    return dict(ready.values_list("email", "wants"))


def why_only_by_api(email: MarketingEmail, known: dict[int, dict[str, Any]] | None = None) -> str:
    """Why it cannot go to a segment or on a journey, in a sentence; "" where it can. `known`: of `wants_of_all`."""
    names = needed(wants_of_ready(email) if known is None else known.get(email.pk, {}))
    if not names:
        return ""
    said = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"“{email}” needs values that only a program gives ({said}): it is sent by API."
