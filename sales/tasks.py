"""Doors for the queue."""

from django.utils import timezone

from sales.actions import unassigned


def try_waiting_leads(which: str = "") -> None:
    """Leads that nobody has yet. `which` is “all” where the rules have changed."""
    unassigned.try_waiting(timezone.now(), all_of_them=which == "all")
