"""An invitation by mail: who may come in, with which team and roles, until when."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.core import signing
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

VALID_FOR = timedelta(days=7)
SALT = "tandem.invitation"


def new_nonce() -> str:
    return secrets.token_hex(8)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> Self:
        """Neither accepted nor revoked; it may be too old, and can then be sent again."""
        return self.filter(accepted_at=None, revoked_at=None)

    def with_token(self, token: str) -> Invitation | None:
        """The open invitation whose newest mail carries this link, if the mail is not older than it may be."""
        try:
            pk, nonce = signing.loads(token, salt=SALT, max_age=VALID_FOR)
        except (signing.BadSignature, ValueError, TypeError):
            return None
        return self.open().filter(pk=pk, nonce=nonce).first()


class Invitation(models.Model):
    """Becomes a user when it is accepted. `nonce` is in the newest link only, so that sending again kills the older one."""

    email = models.EmailField()
    name = models.CharField(max_length=120, blank=True)
    team = models.ForeignKey("crm.Team", models.SET_NULL, null=True, blank=True, related_name="+")
    manager = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    roles = models.ManyToManyField("crm.Role", blank=True, related_name="+")
    nonce = models.CharField(max_length=16, default=new_nonce)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    sent_at = models.DateTimeField(default=timezone.now)
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="invitation_one_open_per_address",
                condition=Q(accepted_at=None, revoked_at=None),
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def token(self) -> str:
        return signing.dumps([self.pk, self.nonce], salt=SALT)

    @property
    def ends_at(self) -> datetime:
        return self.sent_at + VALID_FOR

    @property
    def is_too_old(self) -> bool:
        return self.ends_at <= timezone.now()
