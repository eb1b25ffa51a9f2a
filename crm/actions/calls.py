"""A call that was just made, with its outcome."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from crm.actions.activities import complete_activity, lock_open, log_activity
from crm.models import Activity, User


@transaction.atomic
def log_call(
    *,
    topic: str,
    outcome: str,
    by: User,
    regarding: Any = None,
    body: str = "",
    planned: Activity | None = None,
    again_at: datetime | None = None,
) -> Activity:
    """Log it as done. `planned` is the call to make that this one was; `again_at` plans the next one.

    Raises NotAllowed where the planned call is not open any more.
    """
    if planned is None:
        call = log_activity(
            kind=Activity.Kind.CALL, subject=topic, outcome=outcome, body=body, regarding=regarding, by=by
        )
    else:
        call = complete_activity(_described(planned, body), outcome=outcome, by=by)
    if again_at is not None:
        log_activity(kind=Activity.Kind.CALL, subject=topic, regarding=regarding, due_at=again_at, by=by, is_done=False)
    return call


def _described(planned: Activity, body: str) -> Activity:
    """What was said stands under what was planned."""
    planned = lock_open(planned)
    if body:
        planned.body = f"{planned.body}\n\n{body}".strip()
        planned.save(update_fields=["body", "updated_at"])
    return planned
