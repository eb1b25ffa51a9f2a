"""Changing an account: where it hangs in the tree is looked at under a lock, so that two moves never make a circle."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from crm.actions.plain import save_plainly
from crm.models import Account, User


@transaction.atomic
def change_account(account: Account, *, by: User | None, **fields: Any) -> Account:
    """Plain fields. Raises Invalid where one is impossible, or where the account would be above itself."""
    if fields.get("parent") is not None:
        lock_the_tree()
    changed: Account = save_plainly(account, fields)
    return changed


def lock_the_tree() -> None:
    """One change of the tree at a time, until the transaction ends. SQLite has one writer, so there it is the lock."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('account tree', 0))")
