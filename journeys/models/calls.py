"""A call to a program of somebody else: what a webhook step sends, how often it was tried, and what was answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q

from journeys.models.participants import Participant


class CallQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        return self.filter(participant__in=Participant.objects.visible_to(user).values("pk"))

    def due(self, now: datetime) -> Self:
        """To be made now: nobody is at it, or who was at it has been silent for too long. A paused journey calls nobody."""
        return self.filter(status="due", due_at__lte=now).exclude(journey__status="paused")


class Call(models.Model):
    """One for each (participant, step, visit). A claim moves `due_at` on: a call whose worker was killed comes back by itself.

    `body` is what is sent, fixed when the person arrived. `answer` says in words what came back last.
    """

    class Status(models.TextChoices):
        DUE = "due", "To be made"
        ACCEPTED = "accepted", "Accepted"
        REFUSED = "refused", "Refused"
        FAILED = "failed", "Failed"

    participant = models.ForeignKey(Participant, models.CASCADE, related_name="calls")
    journey = models.ForeignKey("journeys.Journey", models.CASCADE, related_name="+")
    node = models.CharField(max_length=40)
    visit = models.PositiveIntegerField()
    url = models.CharField(max_length=500)
    body = models.JSONField()
    status = models.CharField(max_length=8, choices=Status, default=Status.DUE)
    due_at = models.DateTimeField()
    claim = models.CharField(max_length=32, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    http_status = models.PositiveSmallIntegerField(null=True)
    answer = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["participant", "node", "visit"], name="call_once_a_visit")]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(status="due"), name="call_due"),
            models.Index(fields=["journey", "-id"], name="call_by_journey"),
        ]

    def __str__(self) -> str:
        return f"Call of {self.url} for {self.participant_id}"
