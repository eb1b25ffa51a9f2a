"""What imports leave behind for the next time: records made on the way, the steps of each, mappings to use again."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models.imports import Import


class ImportMade(models.Model):
    """A record that an import made on the way, because a line named it: an account, a contact."""

    of = models.ForeignKey(Import, models.CASCADE, related_name="made")
    model = models.CharField(max_length=40, help_text="Its label, like crm.account.")
    record_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of", "model", "record_id"], name="import_made_once")]

    def __str__(self) -> str:
        return f"{self.model}:{self.record_id}"


class ImportStep(models.Model):
    """What was done with an import, when, by whom: its own history."""

    class What(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded")
        READ = "read", _("Read in another way")
        MAPPED = "mapped", _("Mapped")
        CHECKED = "checked", _("Checked")
        STARTED = "started", _("Started")
        RESUMED = "resumed", _("Went on")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Stopped")
        FAILED = "failed", _("Failed")
        REVERTING = "reverting", _("Revert started")
        REVERTED = "reverted", _("Reverted")

    of = models.ForeignKey(Import, models.CASCADE, related_name="steps")
    what = models.CharField(max_length=10, choices=What)
    note = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.what


class MappingQuerySet(models.QuerySet):
    def offered_to(self, user: Any, kind: str) -> Self:
        """Those with a name: everybody who imports this kind may use them."""
        return self.filter(kind=kind).exclude(name="").order_by("name")

    def remembered(self, user: Any, kind: str, header: str) -> Self:
        """What this person said of the same columns the last time."""
        return self.filter(owner=user, kind=kind, header=header, name="")


class ImportMapping(models.Model):
    """{header of a column: what it becomes}, and the options beside it. Without a name it is one person's memory."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=80, blank=True)
    header = models.CharField(
        max_length=64, blank=True, help_text="A digest of the set of column names it was made for."
    )
    fields = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    used_at = models.DateTimeField(auto_now=True)

    objects = MappingQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "kind", "header"], condition=models.Q(name=""), name="import_mapping_remembered_once"
            ),
            models.UniqueConstraint(
                fields=["kind", "name"], condition=~models.Q(name=""), name="import_mapping_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.kind} {self.header[:8]}"
