"""One record, shared with one person or one team, until it is revoked or its day has passed."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q


class ShareQuerySet(models.QuerySet):
    def in_force(self, now: datetime) -> Self:
        return self.filter(Q(until=None) | Q(until__gt=now))

    def of(self, record: models.Model) -> Self:
        """Those of one record."""
        return self.filter(resource=record._meta.label_lower, record=record.pk)


class Share(models.Model):
    """Somebody may see this record, and with `can_change` change it, whatever their role's depth.

    `resource` is the label of the model (“crm.contact”), `record` its key: one table for all, asked by an index in the
    UNION of crm/access/depths.py. A share needs the verb in the role: who may see no contacts at all sees no shared one.
    """

    resource = models.CharField(max_length=60)
    record = models.BigIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="shares")
    team = models.ForeignKey("crm.Team", models.CASCADE, null=True, related_name="shares")
    can_change = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    until = models.DateTimeField(null=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="share_with_a_person_or_a_team",
                condition=Q(user__isnull=False, team=None) | Q(user=None, team__isnull=False),
            ),
            models.UniqueConstraint(
                name="share_once_per_person", fields=["user", "resource", "record"], condition=Q(user__isnull=False)
            ),
            models.UniqueConstraint(
                name="share_once_per_team", fields=["team", "resource", "record"], condition=Q(team__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["resource", "record"], name="share_by_record")]

    def __str__(self) -> str:
        return f"{self.resource} {self.record} with {self.user or self.team}"
