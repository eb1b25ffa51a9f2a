"""Pictures for emails and pages: stored once, shown to everybody who has the address."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from crm.models import Record


def place(media: Any, name: str) -> str:
    return f"pictures/{media.key[:2]}/{media.key}"


class MediaFile(Record):
    """A picture, resized for mail when it came in. Whoever gets a mail loads it by its `key`, which nobody can guess."""

    key = models.CharField(max_length=32, unique=True, editable=False)
    name = models.CharField(max_length=150)
    alt = models.CharField(
        "said instead",
        max_length=300,
        blank=True,
        help_text="What is to be seen, in a few words; used where you pick it.",
    )
    file = models.FileField(upload_to=place, max_length=120, editable=False)
    media_type = models.CharField(max_length=40, editable=False)
    width = models.PositiveIntegerField(editable=False, help_text="In pixels, as stored.")
    height = models.PositiveIntegerField(editable=False)
    size = models.PositiveIntegerField(editable=False, help_text="In bytes, as stored.")
    digest = models.CharField(max_length=64, editable=False, db_index=True, help_text="SHA-256 of what was uploaded.")

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = "picture"

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        """The address within our site; blocks keep this, so that they outlive a change of domain."""
        ending = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif"}[self.media_type]
        return f"/m/{self.key}.{ending}"

    @property
    def url(self) -> str:
        return f"{settings.PUBLIC_URL}{self.path}"
