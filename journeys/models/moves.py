"""People in flight who change to another version of their journey: the wish, carried out in batches."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from journeys.models.journeys import JourneyVersion


class Move(models.Model):
    """Whoever is at a step of `places` on `from_version` goes to the step named there on `to_version`.

    `places` is {step: step of the new version}; an empty name lets people out of the journey. Who is at any other step
    stays on the old version and finishes there.
    """

    from_version = models.ForeignKey(JourneyVersion, models.CASCADE, related_name="moves_away")
    to_version = models.ForeignKey(JourneyVersion, models.CASCADE, related_name="moves_here")
    places = models.JSONField(default=dict)
    by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    moved = models.PositiveIntegerField(default=0)
    let_out = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["from_version"], condition=Q(done_at=None), name="move_one_at_a_time_per_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.from_version} → {self.to_version.number}"
