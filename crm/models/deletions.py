"""The bin: what was deleted, by whom, and what went along with it, so that it comes back whole."""

from __future__ import annotations

from typing import Any, Self

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q

from crm.access.depths import Depth, depth_of
from crm.models.records import Record


class DeletionQuerySet(models.QuerySet):
    def in_bin(self) -> Self:
        return self.filter(state=Deletion.State.IN_BIN)

    def visible_to(self, user: Any) -> Self:
        """Those whose record the user would see if it were not in the bin."""
        return self.with_records_within(user, "view")

    def restorable_by(self, user: Any) -> Self:
        """Whoever deleted a record, or could, may bring it back."""
        reached = self.with_records_within(user, "delete").order_by().values("pk")
        own = self.filter(deleted_by=user).visible_to(user).order_by().values("pk")
        return self.filter(pk__in=reached.union(own))

    def with_records_within(self, user: Any, verb: str) -> Self:
        """By kind of record; those that are reached altogether need no look at their rows."""
        whole, ways = [], []
        for model in binned_models():
            on = ContentType.objects.get_for_model(model)
            depth = depth_of(user, model._meta.label_lower, verb)
            if depth == Depth.ALL:
                whole.append(on.pk)
            elif depth > Depth.NONE:
                rows = model._default_manager.in_bin_reachable_by(user, verb)  # type: ignore[attr-defined]
                ways.append(Deletion.objects.filter(record_type=on, record_id__in=rows.values("pk")).values("pk"))
        if not ways:
            return self.filter(record_type__in=whole)
        first = Deletion.objects.filter(record_type__in=whole).values("pk")
        return self.filter(pk__in=first.order_by().union(*(way.order_by() for way in ways)))


def binned_models() -> list[type[models.Model]]:
    """Every model whose rows can rest in the bin."""
    return [model for model in apps.get_models() if issubclass(model, Record)]


class Deletion(models.Model):
    """One record in the bin, or what became of it. `rows` went there with it.

    `problem` says why it could not be destroyed when its time was over; then it rests on.
    """

    class State(models.TextChoices):
        IN_BIN = "bin", "In the bin"
        RESTORED = "restored", "Restored"
        PURGED = "purged", "Destroyed"

    record_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
    record_id = models.PositiveBigIntegerField()
    record = GenericForeignKey("record_type", "record_id")
    name = models.CharField(max_length=300)
    state = models.CharField(max_length=8, choices=State, default=State.IN_BIN)
    deleted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    deleted_at = models.DateTimeField()
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)

    objects = DeletionQuerySet.as_manager()

    class Meta:
        ordering = ["-deleted_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="deletion_once_in_the_bin", fields=["record_type", "record_id"], condition=Q(state="bin")
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-deleted_at", "-id"], name="deletion_by_time"),
            models.Index(fields=["record_type", "state", "-deleted_at"], name="deletion_by_kind"),
        ]

    def __str__(self) -> str:
        return self.name


class DeletedRow(models.Model):
    """A row that went into the bin because the record of `deletion` did."""

    deletion = models.ForeignKey(Deletion, models.CASCADE, related_name="rows")
    record_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
    record_id = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deletion", "record_type", "record_id"], name="deleted_row_once"),
        ]

    def __str__(self) -> str:
        return f"{self.record_type_id}:{self.record_id}"
