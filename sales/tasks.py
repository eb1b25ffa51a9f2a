"""Doors for the queue."""

from django.utils import timezone

from sales.actions import unassigned


def try_waiting_leads(which: str = "due") -> None:
    """Leads that nobody has yet; `which` as in `try_waiting`."""
    unassigned.try_waiting(timezone.now(), which=which)
