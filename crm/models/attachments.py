"""Files on records."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.urls import reverse

from crm.files import PICTURES


def place(attachment: Any, name: str) -> str:
    """Where the bytes lie: a name that nobody can guess and nobody has typed."""
    key = uuid.uuid4().hex
    return f"attachments/{key[:2]}/{key}"


class Attachment(models.Model):
    """A file on a record. Who sees the record sees its files; the bytes are served by a view, never as a page of ours."""

    record_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
    record_id = models.PositiveBigIntegerField()
    record = GenericForeignKey("record_type", "record_id")
    file = models.FileField(upload_to=place, max_length=120)
    name = models.CharField(max_length=150)
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(help_text="In bytes.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["record_type", "record_id", "-at"], name="attachment_by_record")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("crm:attachment", args=[self.pk])

    @property
    def is_picture(self) -> bool:
        return self.media_type in PICTURES
