"""Scoring: how much interest a person has shown, with the reasons."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from crm.models import Record


class ScoringModel(Record):
    """Rules that give points. From `ready_at` on a person is ready for sales; from `warm_at` on worth watching.

    `recompute_due_at`, `recompute_after` and `recomputed` carry a full recompute on from batch to batch.
    """

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    is_active = models.BooleanField("is in use", default=True)
    warm_at = models.IntegerField("warm from", default=20, help_text="Points from which a person is worth watching.")
    ready_at = models.IntegerField("ready from", default=50, help_text="Points from which a person is ready for sales.")
    computed_at = models.DateTimeField(null=True, editable=False)
    recompute_due_at = models.DateTimeField(null=True, editable=False)
    recompute_after = models.BigIntegerField(default=0, editable=False)
    recomputed = models.PositiveIntegerField(default=0, editable=False)
    recompute_total = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                name="scoring_warm_before_ready", condition=models.Q(warm_at__lte=models.F("ready_at"))
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ScoringRule(models.Model):
    """One line of a model: points for each time (at most `limit`), or once where `when` is no plain behaviour."""

    model = models.ForeignKey(ScoringModel, models.CASCADE, related_name="rules")
    position = models.PositiveSmallIntegerField(default=0)
    label = models.CharField(
        max_length=100, help_text="What the reader of a score sees, e.g. “Clicked the invitation”."
    )
    when = models.JSONField()
    points = models.IntegerField(validators=[MinValueValidator(-1000), MaxValueValidator(1000)])
    limit = models.PositiveIntegerField(
        "at most",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Times counted; empty: every time.",
    )

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.label}: {self.points}"


class Score(models.Model):
    """The points of one contact in one model. `reasons` is [{"rule", "label", "points", "times"}], the weightiest first.

    `reached_at` is when the points last rose to the model's `ready_at`; empty below it.
    """

    model = models.ForeignKey(ScoringModel, models.CASCADE, related_name="scores")
    contact = models.ForeignKey("crm.Contact", models.CASCADE, related_name="scores")
    points = models.IntegerField(default=0)
    reasons = models.JSONField(default=list)
    reached_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "contact"], name="score_once_per_model")]
        indexes = [models.Index(fields=["model", "-points"], name="score_best_first")]

    def __str__(self) -> str:
        return f"{self.points} in {self.model_id}"

    @property
    def grade(self) -> str:
        """Ready, Warm or Cold."""
        if self.points >= self.model.ready_at:
            return "Ready"
        return "Warm" if self.points >= self.model.warm_at else "Cold"

    @property
    def tone(self) -> str:
        return {"Ready": "success", "Warm": "warning", "Cold": "neutral"}[self.grade]
