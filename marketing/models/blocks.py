"""Blocks that are used again, and whole designs to start from."""

from django.db import models

from crm.models import Record


class ContentBlock(Record):
    """Blocks with a name. An email takes them by reference, which follows every change, or as a copy of its own."""

    name = models.CharField(max_length=200)
    blocks = models.JSONField(default=list, blank=True)
    media = models.ManyToManyField("marketing.MediaFile", related_name="content_blocks", editable=False)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = "reusable block"

    def __str__(self) -> str:
        return self.name


class EmailDesign(Record):
    """A template: what a new email begins with. It is copied; later changes of it change no email."""

    name = models.CharField(max_length=200)
    description = models.CharField(max_length=300, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    preheader = models.CharField(max_length=200, blank=True)
    brand = models.ForeignKey("marketing.Brand", models.SET_NULL, null=True, blank=True, related_name="+")
    blocks = models.JSONField(default=list, blank=True)
    content_blocks = models.ManyToManyField("marketing.ContentBlock", related_name="designs", editable=False)
    media = models.ManyToManyField("marketing.MediaFile", related_name="designs", editable=False)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = "email template"

    def __str__(self) -> str:
        return self.name
