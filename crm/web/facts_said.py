"""What a record says of a fact that a rule tests, as a page shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crm.hooks import records
from crm.queries.naming import names_for
from crm.rules.facts import OFFERED_ALREADY
from crm.web.values import raw_of, shown_one

_BY_OLDER_NAME = {older: name for name, older in OFFERED_ALREADY.items()}


def facts_of(record: Any, kind: str, user: Any) -> Callable[[str], str]:
    """Answers the value by the name that a rule calls it by; "" where it says nothing or the reader may not see it."""

    def say(name: str) -> str:
        of, holder = records.get(kind), record
        link, _dot, far = _BY_OLDER_NAME.get(name, name).partition(".")
        if far and link != "custom":
            pointing = of.field(link)
            key = raw_of(pointing, record)
            holder = names_for(user, {(pointing.to, key)})[pointing.to, key].record if key else None
            of, link = records.get(pointing.to), far
        elif far:
            link = f"custom.{far}"
        if holder is None or not any(field.name == link for field in of.all_fields()):
            return ""
        return str(shown_one(of.field(link), holder, user))

    return say
