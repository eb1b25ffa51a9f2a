"""Making and checking API tokens: `tdm_<prefix>_<secret>`, of which only the SHA-256 of the secret is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from crm.models import ApiToken, User

USE_IS_NOTED_EVERY = timedelta(minutes=1)


def create_token(
    user: User,
    name: str,
    expires_at: datetime | None = None,
    *,
    may_write: bool = True,
    resources: Iterable[str] = (),
) -> tuple[ApiToken, str]:
    """The stored token and its text, which is shown once and can never be read again."""
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=prefix,
        digest=_digest(secret),
        expires_at=expires_at,
        may_write=may_write,
        resources=sorted(resources),
    )
    return token, f"tdm_{prefix}_{secret}"


def user_of(text: str) -> User | None:
    """Whose token this is, narrowed to its scope; None where it is unknown, expired, revoked, or its user has left."""
    mark, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    if mark != "tdm" or not secret:
        return None
    token = ApiToken.objects.select_related("user").filter(prefix=prefix).first()
    now = timezone.now()
    if token is None or not secrets.compare_digest(token.digest, _digest(secret)) or not token.is_alive(now):
        return None
    if token.last_used_at is None or now - token.last_used_at > USE_IS_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    token.user.scope = token.scope
    return token.user


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
