"""Bulk work: one action on many records, frozen when it starts, with a result for each row."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models.work import Progress, WorkQuerySet

REVERTIBLE_FOR = timedelta(days=30)
"""So long the rows of a run are kept, and with them what reverting must know."""


class BulkRun(Progress, models.Model):
    """One action (crm/hooks/bulk_actions.py) on the rows of its items, in the order of their numbers.

    `values` are the answers of its form as they were typed, `words` the same for people. `handled` is the number of the
    last item that had its turn. A run with `reverts` undoes that other run. An export has a file until it is tidied away.
    """

    class Status(models.TextChoices):
        RUNNING = "running", _("At work")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    WORKING = (Status.RUNNING,)

    kind = models.CharField(max_length=60)
    action = models.CharField(max_length=60)
    values = models.JSONField(default=dict)
    words = models.CharField(max_length=300, blank=True)
    reverts = models.ForeignKey("self", models.SET_NULL, null=True, related_name="reverted_by")
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    problem = models.TextField(blank=True)
    total = models.PositiveIntegerField(default=0)
    handled = models.PositiveIntegerField(default=0)
    done_count = models.PositiveIntegerField(default=0)
    skipped_count = models.PositiveIntegerField(default=0)
    failed_count = models.PositiveIntegerField(default=0)
    file = models.FileField(upload_to="exports/", max_length=200, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="bulk_runs")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    claim = models.CharField(max_length=36, null=True)

    objects = WorkQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["owner", "-id"], name="bulk_run_by_owner"),
            models.Index(fields=["status"], condition=Q(status="running"), name="bulk_run_at_work"),
        ]

    def __str__(self) -> str:
        return f"Bulk work {self.pk}"

    def is_within_reverting(self, now: datetime) -> bool:
        return not self.is_working and self.created_at > now - REVERTIBLE_FOR


class BulkItem(models.Model):
    """One row of a run: what became of it, and why; `before` is what reverting must know."""

    class Verdict(models.TextChoices):
        WAITING = "", _("Waiting")
        DONE = "done", _("Done")
        SKIPPED = "skipped", _("Left out")
        FAILED = "failed", _("Failed")

    of = models.ForeignKey(BulkRun, models.CASCADE, related_name="items")
    number = models.PositiveIntegerField()
    record_id = models.PositiveBigIntegerField()
    verdict = models.CharField(max_length=7, choices=Verdict, blank=True, default=Verdict.WAITING)
    sentence = models.CharField(max_length=300, blank=True)
    before = models.JSONField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["of", "number"], name="bulk_item_once")]
        indexes = [models.Index(fields=["of", "verdict", "number"], name="bulk_item_by_verdict")]

    def __str__(self) -> str:
        return f"{self.of_id} #{self.number}"
