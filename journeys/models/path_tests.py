"""A test of paths in a journey: which way people do better, judged by the same test as variants of a send."""

import hashlib
import json
from typing import Any

from django.conf import settings
from django.db import models

from journeys.models.journeys import Journey


class PathTest(models.Model):
    """One A/B step while its settings stay the same (`fingerprint`): a new version that leaves it alone goes on with it.

    `looks_at` is when it is judged next; empty once it is decided. `numbers` keeps what was counted at the last look.
    """

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        UNDECIDED = "undecided", "Not decided yet"
        DECIDED = "decided", "Decided"

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="path_tests")
    node = models.CharField(max_length=40)
    fingerprint = models.CharField(max_length=32)
    params = models.JSONField()
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    began_at = models.DateTimeField()
    looks_at = models.DateTimeField(null=True)
    winner = models.CharField(max_length=40, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    numbers = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["journey", "node", "fingerprint"], name="path_test_once"),
            models.CheckConstraint(
                name="path_test_decided_names_a_winner",
                condition=~models.Q(status="decided") | (~models.Q(winner="") & models.Q(looks_at=None)),
            ),
        ]
        indexes = [models.Index(fields=["looks_at"], condition=models.Q(looks_at__isnull=False), name="path_test_due")]

    def __str__(self) -> str:
        return f"Test of paths in {self.journey}"


def fingerprint(params: dict[str, Any]) -> str:
    """The same for the same settings, in whatever order they are stored."""
    return hashlib.md5(json.dumps(params, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
