"""One condition of a stored rule, by the path under which problems name it: “rule/all[0]/where/any[1]”."""

from __future__ import annotations

import re
from typing import Any

_STEP = re.compile(r"/(?:(all|any)\[(\d{1,3})\]|(not|where|top/of))")


def part(stored: Any, path: str, of: str) -> tuple[Any, str]:
    """What stands there, and over which kind of record it speaks. Raises LookupError."""
    if not path.startswith("rule") or len(path) > 1000:
        raise LookupError(path)
    at = len("rule")
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            raise LookupError(path)
        word, place, inner = step.groups()
        try:
            if inner == "where":
                of = stored["has"]
            for name in (word, int(place)) if word else inner.split("/"):
                stored = stored[name]
        except (KeyError, IndexError, TypeError):
            raise LookupError(path) from None
        at = step.end()
    return stored, of
