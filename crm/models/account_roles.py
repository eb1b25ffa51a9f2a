"""What a person is at a company beside their own: board member here, consultant there. The own one stays Contact.account."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _


class AccountRoleQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        """Those of whom the reader sees both, the person and the company."""
        from crm.models import Account, Contact

        people, companies = Contact.objects.visible_to(user), Account.objects.visible_to(user)
        return self.filter(contact__in=people.order_by(), account__in=companies.order_by())

    def current(self, today: date) -> Self:
        return self.exclude(ends_on__lt=today)


class AccountRole(models.Model):
    """One role of one contact at one account, for a time or for good. `starts_on` and `ends_on` are included."""

    contact = models.ForeignKey("crm.Contact", models.CASCADE, related_name="account_roles")
    account = models.ForeignKey("crm.Account", models.CASCADE, related_name="account_roles")
    role = models.CharField(max_length=80)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )

    objects = AccountRoleQuerySet.as_manager()

    class Meta:
        ordering = ["role", "pk"]
        verbose_name = "role at an account"
        verbose_name_plural = "roles at accounts"
        constraints = [
            models.UniqueConstraint(fields=["contact", "account", "role"], name="account_role_once"),
            models.CheckConstraint(
                name="account_role_ends_after_it_starts",
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
            ),
        ]

    def __str__(self) -> str:
        return self.role

    def clean(self) -> None:
        super().clean()
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": _("It cannot end before it starts.")})

    def is_over(self, today: date) -> bool:
        return self.ends_on is not None and self.ends_on < today
