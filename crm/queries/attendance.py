"""What somebody takes part in."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from crm.models import Attendee


def attended_by(user: Any) -> QuerySet:
    """The keys of the appointments that the user takes part in: whoever is invited sees what to."""
    return Attendee.objects.filter(user=user.pk, activity__deleted_at=None).order_by().values("activity")
