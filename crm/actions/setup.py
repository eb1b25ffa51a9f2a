"""The first start: the first administrator and the company, in one transaction, once."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from crm.errors import NotAllowed
from crm.models import Company, Role, User

SETUP_LOCK = 7_300_001


@transaction.atomic
def set_up(*, name: str, email: str, password: str, company: dict[str, Any]) -> User:
    """Make the first administrator and the company's settings. Raises NotAllowed where somebody has an account already.

    Two browsers that press the button at once: one waits (the advisory lock; on SQLite the one writer) and is refused.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SETUP_LOCK])
    if User.objects.exists():
        raise NotAllowed("Tandem is set up already. Sign in with your account.")
    user = User.objects.create_user(
        email, password, name=name, is_superuser=True, time_zone=company.get("time_zone", "UTC")
    )
    user.roles.add(Role.objects.get(key="administrator"))
    Company.objects.update_or_create(pk=1, defaults=company)
    return user
