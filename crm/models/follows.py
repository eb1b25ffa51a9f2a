"""Following: who wants to know when something happens with a record."""

from __future__ import annotations

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Follow(models.Model):
    """A user follows a record, of whatever kind."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="follows")
    record_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
    record_id = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["record_type", "record_id", "user"], name="follow_once"),
        ]
        indexes = [models.Index(fields=["user", "-id"], name="follow_by_user")]

    def __str__(self) -> str:
        return f"{self.user} follows {self.record_type_id}:{self.record_id}"
