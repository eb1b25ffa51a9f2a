"""Deactivating an account or a contact, and waking it up again. What is inactive is read-only and left out of segments."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from crm.actions.plain import save_counted
from crm.errors import NotAllowed
from crm.log.recording import record as tell_the_log
from crm.models import Account, Contact, User


@transaction.atomic
def deactivate_record(record: Account | Contact, *, reason: str = "", by: User | None) -> Any:
    """It stays, with its history, but nobody edits it, mails it or counts it. Raises NotAllowed where it is inactive already."""
    return _set(record, is_active=False, kind="record.deactivated", reason=reason, by=by)


@transaction.atomic
def reactivate_record(record: Account | Contact, *, by: User | None) -> Any:
    """Raises NotAllowed where it is active."""
    return _set(record, is_active=True, kind="record.reactivated", reason="", by=by)


def _set(record: Any, *, is_active: bool, kind: str, reason: str, by: User | None) -> Any:
    locked = type(record)._default_manager.select_for_update().get(pk=record.pk)
    if locked.is_active == is_active:
        raise NotAllowed(f"“{locked}” is {'active' if is_active else 'inactive'} already.")
    locked.is_active = is_active
    save_counted(locked)
    person = isinstance(locked, Contact)
    tell_the_log(
        kind,
        contact=locked if person else None,
        account=None if person else locked,
        source=locked,
        by=by,
        data={"text": reason[:300]} if reason else {},
    )
    return locked
