"""Emails that a program asked for, one by one, with a key that makes twice once."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models

from crm.access.depths import Depth, depth_of, people_within
from crm.access.scopes import beyond_scope
from crm.models import Contact

RESOURCE = "marketing.transactionalemail"


class TransactionalEmailQuerySet(models.QuerySet):
    """Whoever asked for it sees it; others as far as their role reaches those of people, and see the person it is to."""

    def visible_to(self, user: Any) -> Self:
        return self.reachable_by(user, "view")

    def reachable_by(self, user: Any, verb: str) -> Self:
        depth = depth_of(user, RESOURCE, verb)
        if depth == Depth.NONE:
            return self.none()
        rows = self if depth == Depth.ALL else self.filter(requested_by__in=people_within(user, depth))
        whole = beyond_scope(user)
        if depth_of(whole, "crm.contact", "view") == Depth.ALL:
            return rows
        seen = Contact.objects.visible_to(whole).order_by().values("pk")
        return rows.filter(models.Q(requested_by=user) | models.Q(message__contact__in=seen))


class TransactionalEmail(models.Model):
    """What was asked for; its message says what became of it. `digest` is of the whole request: the same key with another
    one is refused, for ever."""

    message = models.OneToOneField("crm.Message", models.CASCADE, primary_key=True, related_name="asked_for")
    email = models.ForeignKey(
        "marketing.MarketingEmail",
        models.SET_NULL,
        null=True,
        related_name="transactional",
        help_text="Empty: it is gone.",
    )
    key = models.CharField(max_length=100, help_text="As the program said it.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the request.")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TransactionalEmailQuerySet.as_manager()

    class Meta:
        ordering = ["-message"]
        verbose_name = "email sent by API"
        verbose_name_plural = "emails sent by API"
        constraints = [
            models.UniqueConstraint(fields=["requested_by", "key"], name="transactional_email_key_once_per_user")
        ]
        indexes = [
            models.Index(fields=["email", "-message"], name="transactional_by_email"),
            models.Index(fields=["created_at"], name="transactional_by_time"),
        ]

    def __str__(self) -> str:
        return self.key
