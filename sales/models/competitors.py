"""A competitor: who else sells what we sell, what speaks for them and against them, and in which deals they stand."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.models import Record


class Competitor(Record):
    """What the whole sales floor knows about one of them, in words."""

    name = models.CharField(max_length=200)
    website = models.URLField(blank=True)
    products = models.TextField(blank=True, help_text=_("What they sell against us."))
    strengths = models.TextField(blank=True)
    weaknesses = models.TextField(blank=True)

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["name", "id"], name="competitor_by_name")]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="competitor_name_once", condition=Q(deleted_at=None)),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("sales:competitor", args=[self.pk])

    def clean(self) -> None:
        super().clean()
        others = type(self)._base_manager.filter(deleted_at=None, name__iexact=self.name).exclude(pk=self.pk)
        if others.exists():
            raise ValidationError({"name": _("“%s” is written down already.") % self.name})


class Rivalry(models.Model):
    """One competitor in one deal, and how they stand there."""

    opportunity = models.ForeignKey("sales.Opportunity", models.CASCADE, related_name="rivalries")
    competitor = models.ForeignKey(Competitor, models.CASCADE, related_name="rivalries")
    note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ["competitor__name", "pk"]
        verbose_name = "competitor in a deal"
        verbose_name_plural = "competitors in deals"
        constraints = [models.UniqueConstraint(fields=["opportunity", "competitor"], name="rivalry_once")]

    def __str__(self) -> str:
        return f"{self.competitor}: {self.note}" if self.note else str(self.competitor)
