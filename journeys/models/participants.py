"""People in a journey: where each one is, the diary of their steps, and how many passed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q

from crm.models import Contact
from journeys.models.journeys import Journey, JourneyVersion

ACTIVE = ["ready", "waiting"]


class ParticipantQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        """Those of visible journeys who are visible contacts."""
        return self.filter(
            journey__in=Journey.objects.visible_to(user).values("pk"),
            contact__in=Contact.objects.visible_to(user).values("pk"),
        )

    def active(self) -> Self:
        return self.filter(status__in=ACTIVE)

    def due(self, now: datetime) -> Self:
        return self.active().filter(due_at__lte=now)


class Participant(models.Model):
    """One person's way through one journey: the truth that jobs only nudge.

    ready: the step has yet to look at them. waiting: a step holds them until `due_at`. `visit` counts the steps taken, so
    that (participant, node, visit) is the key of every side effect. `entry_key` makes an entry happen once.
    `entry_position` is the last row of the log when they came in; `entered_at` is what “since entry” means. `trigger`
    are the values that came with what let them in (the answers of a form, the data of an API call). `reached_at` is when
    they reached the goal, be it some days after they left.
    """

    class Status(models.TextChoices):
        READY = "ready", "Next step due"
        WAITING = "waiting", "Waiting"
        DONE = "done", "Finished"
        EXITED = "exited", "Left"
        FAILED = "failed", "Failed"

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="participants")
    version = models.ForeignKey(JourneyVersion, models.PROTECT, related_name="participants")
    contact = models.ForeignKey("crm.Contact", models.CASCADE, related_name="journey_participations")
    node = models.CharField(max_length=40)
    visit = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=10, choices=Status, default=Status.READY)
    due_at = models.DateTimeField(null=True)
    entered_at = models.DateTimeField()
    arrived_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    entry_key = models.CharField(max_length=80)
    entry_position = models.BigIntegerField(null=True)
    may_overlap = models.BooleanField(default=False)
    depth = models.PositiveSmallIntegerField(default=0)
    outcome = models.CharField(max_length=40, blank=True)
    trigger = models.JSONField(default=dict)
    reached_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["journey", "contact", "entry_key"], name="participant_enters_once_per_key"),
            models.UniqueConstraint(
                fields=["journey", "contact"],
                condition=Q(status__in=["ready", "waiting"], may_overlap=False),
                name="participant_active_once_per_journey",
            ),
            models.CheckConstraint(
                name="participant_active_has_a_due_time",
                condition=~Q(status__in=["ready", "waiting"]) | ~Q(due_at=None),
            ),
        ]
        indexes = [
            models.Index(
                fields=["journey", "due_at"], condition=Q(status__in=["ready", "waiting"]), name="participant_due"
            ),
            models.Index(
                fields=["version", "node", "due_at"],
                condition=Q(status__in=["ready", "waiting"]),
                name="participant_at_step",
            ),
            models.Index(fields=["contact", "-id"], name="participant_by_contact"),
            models.Index(fields=["journey", "-id"], name="participant_by_journey"),
            models.Index(fields=["journey", "contact"], condition=~Q(reached_at=None), name="participant_at_goal"),
        ]

    def __str__(self) -> str:
        return f"{self.contact} in {self.journey}"


class Visit(models.Model):
    """The diary: one row a step taken. Written in the transaction of the step's effects."""

    participant = models.ForeignKey(Participant, models.CASCADE, related_name="visits")
    node = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    outcome = models.CharField(max_length=40)
    arrived_at = models.DateTimeField()
    at = models.DateTimeField()
    detail = models.JSONField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["participant", "node", "number"], name="visit_once")]

    def __str__(self) -> str:
        return f"{self.node} #{self.number}: {self.outcome}"


class Passage(models.Model):
    """How many passed a step by an outcome, one row a batch: appended, so that workers never wait for each other."""

    version = models.ForeignKey(JourneyVersion, models.CASCADE, related_name="passages")
    node = models.CharField(max_length=40)
    outcome = models.CharField(max_length=40)
    count = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["version", "node", "outcome"], name="passage_by_step")]

    def __str__(self) -> str:
        return f"{self.count} × {self.node}: {self.outcome}"
