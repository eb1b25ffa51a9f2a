"""Who stands at the door of a journey: they come in later, when their hour has come or the entry rate lets them."""

from __future__ import annotations

from typing import Any, Self

from django.db import models

from crm.models import Contact
from journeys.models.journeys import Journey


class TurnQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        """Those of visible journeys who are visible contacts."""
        return self.filter(
            journey__in=Journey.objects.visible_to(user).values("pk"),
            contact__in=Contact.objects.visible_to(user).values("pk"),
        )


class Turn(models.Model):
    """One arrival that waits. `due_at` is the earliest moment to let it in; `key`, `at` and `depth` are those of the arrival.

    Whether they may come in is asked again at that moment. Once let in or refused, the row is gone.
    """

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="turns")
    contact = models.ForeignKey("crm.Contact", models.CASCADE, related_name="journey_turns")
    key = models.CharField(max_length=80)
    at = models.DateTimeField()
    due_at = models.DateTimeField()
    depth = models.PositiveSmallIntegerField(default=0)
    trigger = models.JSONField(default=dict)

    objects = TurnQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["journey", "contact", "key"], name="turn_once_per_arrival")]
        indexes = [
            models.Index(fields=["journey", "due_at", "id"], name="turn_due"),
            models.Index(fields=["contact"], name="turn_by_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} at the door of {self.journey_id}"
