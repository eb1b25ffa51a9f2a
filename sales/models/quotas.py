"""Quotas: what a person is to win in a month."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.access.depths import may


class QuotaQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        return self.reachable_by(user, "view")

    def reachable_by(self, user: Any, verb: str) -> Self:
        """A role reaches all quotas or none; one's own everybody sees on their home page."""
        return self.all() if may(user, "sales.quota", verb) else self.none()


class Quota(models.Model):
    """`amount` is in the base currency of the company; `month` is the first day of a month of its calendar."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="quotas", verbose_name=_("person"))
    month = models.DateField(_("month"), help_text=_("Any day of it; the first is kept."))
    amount = models.DecimalField(
        _("amount"),
        max_digits=18,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text=_("To be won in this month, in the company's currency."),
    )

    objects = QuotaQuerySet.as_manager()

    class Meta:
        ordering = ["-month", "user__name"]
        constraints = [
            models.UniqueConstraint(fields=["user", "month"], name="quota_one_per_person_and_month"),
            models.CheckConstraint(name="quota_is_positive", condition=Q(amount__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.month:%Y-%m}"

    def clean(self) -> None:
        """Raises ValidationError at the month for a second quota of one person."""
        if self.month is None:
            return
        self.month = self.month.replace(day=1)
        if Quota.objects.filter(user=self.user_id, month=self.month).exclude(pk=self.pk).exists():
            raise ValidationError({"month": _("This person has a quota for this month already.")})
