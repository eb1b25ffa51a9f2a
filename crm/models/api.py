"""Keys for REST clients: a token is stored only as its hash; an idempotency key keeps its answer."""

from datetime import datetime

from django.conf import settings
from django.db import models

from crm.access.scopes import Scope


class ApiToken(models.Model):
    """A client acts as its user, within the token's scope. It is shown once; `prefix` tells tokens apart afterwards."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    may_write = models.BooleanField(default=True)
    resources = models.JSONField(default=list, blank=True, help_text="Labels of models; empty: all of them.")

    class Meta:
        ordering = ["-pk"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def scope(self) -> Scope:
        return Scope(self.may_write, frozenset(self.resources))

    def is_alive(self, now: datetime) -> bool:
        """Works now: neither revoked nor too old, and its user has not left."""
        return self.user.is_active and self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


class IdempotentRequest(models.Model):
    """The answer to a write that carried an Idempotency-Key; the same key gets the same answer for a day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    key = models.CharField(max_length=100)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once_per_user")]

    def __str__(self) -> str:
        return self.key
