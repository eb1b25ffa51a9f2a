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


class Unassigned(models.TextChoices):
    """Why nobody has a lead: no rule fits it, or the people of the rule that does."""

    NO_RULE = "no_rule", _("No rule fits")
    NOBODY = "nobody", _("The rule has no people")
    FULL = "full", _("Everybody is full")
    AWAY = "away", _("Everybody is away")
    OFF = "off", _("Outside working hours")
    MIXED = "mixed", _("Nobody is available")


class AssignmentRule(models.Model):
    """One rule. `last_owner` is the persisted place in the round; it moves under a lock on this row.

    `when` is a stored rule over leads (crm/rules), None: every lead; `campaign` narrows it further.
    """

    class Distribution(models.TextChoices):
        ROUND_ROBIN = "round_robin", _("In turn")
        LOAD = "load", _("To whoever has the fewest open leads")
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
    when = models.JSONField(_("only leads of which"), null=True, blank=True)
    distribution = models.CharField(max_length=12, choices=Distribution, default=Distribution.ROUND_ROBIN)
    users = models.ManyToManyField(settings.AUTH_USER_MODEL, verbose_name=_("people"), blank=True, related_name="+")
    team = models.ForeignKey(
        "crm.Team",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Everybody of this team whose role takes leads, beside the people chosen."),
    )
    respects_hours = models.BooleanField(
        _("only within working hours"),
        default=True,
        help_text=_("Else leads are also given to people who are not at work now. Whoever is absent never gets one."),
    )
    waits = models.BooleanField(
        _("wait for these people"),
        default=True,
        help_text=_(
            "Where none of them is available, the lead waits until one is. Else the next rule that fits is tried."
        ),
    )
    last_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    objects = AssignmentRuleQuerySet.as_manager()

    class Meta:
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name
