"""Who gets a lead that is handed over: ordered rules, the first that fits decides."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access.depths import may


class AssignmentRuleQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        return self.reachable_by(user, "view")

    def reachable_by(self, user: Any, verb: str) -> Self:
        """Rules belong to the company: a role reaches all of them or none."""
        return self.all() if may(user, "sales.assignmentrule", verb) else self.none()


class AssignmentRule(models.Model):
    """One rule. `last_owner` is the persisted place in the round; it moves under a lock on this row."""

    class Distribution(models.TextChoices):
        ROUND_ROBIN = "round_robin", _("In turn")
        FIXED = "fixed", _("Always the first available")

    name = models.CharField(max_length=100, unique=True)
    order = models.PositiveSmallIntegerField(default=10, help_text=_("Rules are tried from the lowest number up."))
    is_active = models.BooleanField(_("active"), default=True)
    campaign = models.ForeignKey(
        "crm.Campaign",
        models.CASCADE,
        null=True,
        blank=True,
        help_text=_("Only leads of this campaign; empty: all leads."),
    )
    distribution = models.CharField(max_length=12, choices=Distribution, default=Distribution.ROUND_ROBIN)
    users = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="+",
        help_text=_("Who takes part. Empty: everybody whose role takes leads."),
    )
    last_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    objects = AssignmentRuleQuerySet.as_manager()

    class Meta:
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name
