"""Rules over any kind of record: the advanced filter of its list, an assignment, a saved view.

Contacts keep their whole language; leads, opportunities and activities may be asked what their contact did, too.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from crm.hooks import records
from crm.models import User
from crm.rules.compile import to_q
from crm.rules.parse import parse


def matching_records(kind: str, stored: Any, now: datetime, *, reader: User | None = None) -> QuerySet:
    """The records of this kind, not in the bin, to which a stored rule applies. Raises RuleInvalid.

    Access is the caller's: `.visible_to(user)`. `reader` is who “me” is; what stands on an account or contact that they
    may not see counts as missing.
    """
    rule = parse(stored, kind, me=reader)
    model: Any = records.get(kind).model
    return model.objects.alive().filter(to_q(rule, now, reader))
