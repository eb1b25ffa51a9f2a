"""A test of variants on a send: who gets which, what counts, when it is decided, and what it said then."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

LETTERS = "ABCDEFGHIJ"


class Experiment(models.Model):
    """`sample_percent` of the people are shared out among the variants; the rest wait for the winner.

    With a sample of 100 nobody waits, and the winner is only named. `numbers` keeps what was counted when it was decided.
    """

    class Metric(models.TextChoices):
        OPENS = "opens", "Opened"
        CLICKS = "clicks", "Clicked"
        GOAL = "goal", "Did something afterwards"
        REVENUE = "revenue", "Revenue afterwards"

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        DECIDED = "decided", "Decided"
        UNDECIDED = "undecided", "Not decided"

    send = models.OneToOneField("marketing.Send", models.CASCADE, related_name="experiment")
    metric = models.CharField(max_length=10, choices=Metric, default=Metric.CLICKS)
    goal_kind = models.CharField(max_length=60, blank=True, help_text="The kind of interaction that is the goal.")
    sample_percent = models.PositiveSmallIntegerField(
        default=20, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    hours = models.PositiveSmallIntegerField(default=24, validators=[MinValueValidator(1), MaxValueValidator(720)])
    confidence = models.PositiveSmallIntegerField(default=95, choices=[(n, f"{n} %") for n in (90, 95, 99)])
    is_automatic = models.BooleanField(default=True, help_text="The winner goes to the rest by itself.")
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING, editable=False)
    decides_at = models.DateTimeField(null=True, editable=False)
    winner = models.CharField(max_length=1, blank=True, editable=False)
    decided_at = models.DateTimeField(null=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    numbers = models.JSONField(default=dict, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="experiment_decided_names_a_winner", condition=~models.Q(status="decided") | ~models.Q(winner="")
            ),
            models.CheckConstraint(
                name="experiment_goal_is_named", condition=~models.Q(metric="goal") | ~models.Q(goal_kind="")
            ),
            models.CheckConstraint(
                name="experiment_sample_is_a_share",
                condition=models.Q(sample_percent__gte=1) & models.Q(sample_percent__lte=100),
            ),
        ]
        indexes = [models.Index(fields=["decides_at"], condition=models.Q(status="running"), name="experiment_due")]

    def __str__(self) -> str:
        return f"Test of {self.send}"

    @property
    def holds_back(self) -> bool:
        return self.sample_percent < 100


class Variant(models.Model):
    """One way to send it; what is empty is as in the send. `share` is its weight among the variants.

    `content_version` is fixed when the send is made: another subject makes a version of its own.
    """

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="variants")
    letter = models.CharField(max_length=1)
    share = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(100)])
    subject = models.CharField(max_length=200, blank=True)
    email = models.ForeignKey("marketing.MarketingEmail", models.PROTECT, null=True, blank=True, related_name="+")
    content_version = models.PositiveIntegerField(editable=False)
    sender = models.ForeignKey("crm.Sender", models.PROTECT, null=True, blank=True, related_name="+")
    due_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["letter"]
        constraints = [models.UniqueConstraint(fields=["experiment", "letter"], name="variant_once")]

    def __str__(self) -> str:
        return self.letter
