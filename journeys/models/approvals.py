"""Somebody is asked whether a person may go on in a journey: one question for each (participant, step, visit)."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from journeys.models.journeys import Journey
from journeys.models.participants import Participant


def _of_journeys_that_may_be_changed_by(user: Any) -> Q:
    journeys = Journey.objects.editable_by(user).values("pk")
    return Q(journey__in=journeys, participant__in=Participant.objects.visible_to(user).values("pk"))


class ApprovalQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        """Whoever is asked sees the question; so does who may change its journey, for the people that they see."""
        return self.filter(Q(approver=user) | _of_journeys_that_may_be_changed_by(user))

    def waiting(self) -> Self:
        return self.filter(status="waiting", participant__status__in=["ready", "waiting"])


class Approval(models.Model):
    """`approver` is empty where nobody was found to ask: whoever may change the journey decides then."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        APPROVED = "approved", "Approved"
        DECLINED = "declined", "Declined"
        LATE = "late", "Not in time"

    participant = models.ForeignKey(Participant, models.CASCADE, related_name="approvals")
    journey = models.ForeignKey(Journey, models.CASCADE, related_name="+")
    node = models.CharField(max_length=40)
    visit = models.PositiveIntegerField()
    question = models.CharField(max_length=300)
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="journey_approvals")
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    asked_at = models.DateTimeField()
    until = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    comment = models.CharField(max_length=500, blank=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        ordering = ["until", "pk"]
        constraints = [models.UniqueConstraint(fields=["participant", "node", "visit"], name="approval_once_a_visit")]
        indexes = [
            models.Index(fields=["approver", "until"], condition=Q(status="waiting"), name="approval_waiting"),
            models.Index(fields=["journey", "until"], condition=Q(status="waiting"), name="approval_of_journey"),
        ]

    def __str__(self) -> str:
        return f"{self.question} ({self.participant.contact})"

    def get_absolute_url(self) -> str:
        return reverse("journeys:approval", args=[self.pk])
