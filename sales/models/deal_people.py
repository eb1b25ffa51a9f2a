"""The people of a deal: those of the customer who have a say in it, and those of us who work on it."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, IntegerField, Value, When
from django.utils.translation import gettext_lazy as _


class StakeholderRole(models.TextChoices):
    """In the order in which a seller asks about them."""

    DECISION_MAKER = "decision_maker", _("Decision maker")
    ECONOMIC_BUYER = "economic_buyer", _("Economic buyer")
    CHAMPION = "champion", _("Champion")
    INFLUENCER = "influencer", _("Influencer")
    TECHNICAL_BUYER = "technical_buyer", _("Technical buyer")
    END_USER = "end_user", _("End user")
    BLOCKER = "blocker", _("Blocker")


class TeamRole(models.TextChoices):
    SELLER = "seller", _("Sells along")
    EXPERT = "expert", _("Technical expert")
    SPONSOR = "sponsor", _("Sponsor in management")
    SUPPORT = "support", _("Sales support")
    PARTNER = "partner", _("Partner manager")


class StakeholderQuerySet(models.QuerySet):
    def in_order(self) -> Self:
        """By role, the most decisive first."""
        ranks = [When(role=role, then=Value(rank)) for rank, role in enumerate(StakeholderRole)]
        return self.order_by(Case(*ranks, default=Value(len(ranks)), output_field=IntegerField()), "pk")


class Stakeholder(models.Model):
    """One person's say in one deal."""

    opportunity = models.ForeignKey("sales.Opportunity", models.CASCADE, related_name="stakeholders")
    contact = models.ForeignKey("crm.Contact", models.CASCADE, related_name="stakes")
    role = models.CharField(max_length=16, choices=StakeholderRole)
    note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )

    objects = StakeholderQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["opportunity", "contact"], name="stakeholder_once_per_deal")]

    def __str__(self) -> str:
        return f"{self.contact}, {self.get_role_display()}"


class DealMember(models.Model):
    """Somebody of ours who works on a deal of somebody else's, and so sees and changes it."""

    opportunity = models.ForeignKey("sales.Opportunity", models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    role = models.CharField(max_length=10, choices=TeamRole)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ["role", "pk"]
        verbose_name = "member of a sales team"
        verbose_name_plural = "members of sales teams"
        constraints = [models.UniqueConstraint(fields=["opportunity", "user"], name="deal_member_once")]
        indexes = [models.Index(fields=["user", "opportunity"], name="deal_member_by_user")]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()}"


def deals_worked_on(user: Any) -> models.QuerySet:
    """The keys of the deals on whose team this user is."""
    return DealMember.objects.filter(user=user.pk).order_by().values("opportunity")
