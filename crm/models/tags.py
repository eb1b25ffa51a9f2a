"""Tags: words of the company's own, on any kind of record."""

from __future__ import annotations

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models.functions import Lower

COLOURS = [
    ("grey", "Grey"),
    ("blue", "Blue"),
    ("green", "Green"),
    ("amber", "Amber"),
    ("red", "Red"),
    ("violet", "Violet"),
]


class Tag(models.Model):
    """One word. Its name is unique whatever the case, so that “VIP” and “vip” are one."""

    name = models.CharField(max_length=60)
    colour = models.CharField(max_length=8, choices=COLOURS, default="grey")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="tag_once_whatever_the_case")]

    def __str__(self) -> str:
        return self.name


class Tagging(models.Model):
    """A tag on a record."""

    tag = models.ForeignKey(Tag, models.CASCADE, related_name="taggings")
    record_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
    record_id = models.PositiveBigIntegerField()
    record = GenericForeignKey("record_type", "record_id")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record_type", "record_id", "tag"], name="tagging_once"),
        ]
        indexes = [models.Index(fields=["tag", "record_type", "record_id"], name="tagging_by_tag")]

    def __str__(self) -> str:
        return f"{self.tag} on {self.record_type_id}:{self.record_id}"
