"""The demo's campaign: a webinar that was sent, read and registered for, with the same parts that the story builds."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from config.story.marketing import Campaigning, Plan, build
from crm.models import Contact, User


def make_campaign(users: dict[str, User], contacts: list[Contact]) -> Campaigning:
    """Built by the marketer; its journey waits as a draft for whoever wants to publish it."""
    now = timezone.localtime().replace(hour=15, minute=0, second=0, microsecond=0)
    plan = Plan(
        "November webinar", "fleets-that-never-stand-still", now + timedelta(days=9), wait=timedelta(days=3),
        judged_at=now + timedelta(days=8),
    )  # fmt: skip
    return build(plan, users["milan"])
