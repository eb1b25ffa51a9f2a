"""Visits: when a user last looked at a record, so that its timeline says what is new since then."""

from __future__ import annotations

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models


class RecordVisit(models.Model):
    """The last visit of a user to a record. `at` is when they last looked, `since` the end of the visit before this one."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    record_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
    record_id = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    since = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "record_type", "record_id"], name="record_visit_once")]
        indexes = [
            models.Index(fields=["at"], name="record_visit_by_time"),
            models.Index(fields=["record_type", "record_id"], name="record_visit_by_record"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.record_type_id}:{self.record_id}"
