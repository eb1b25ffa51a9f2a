"""Doors for the queue."""

from django.utils import timezone

from crm.delivery.sending import deliver


def deliver_due(channel: str) -> None:
    deliver(channel, now=timezone.now())
