"""One thing that was looked up about a domain, in words for the person who must mend it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

GOOD, WEAK, BAD, OPEN = "good", "weak", "bad", "open"
"""Open: nobody can say, since it was not answered or something about the mail server is not known here."""


@dataclass(frozen=True)
class Publish:
    """A record as it is typed into a DNS provider's form."""

    kind: str
    name: str
    value: str


@dataclass(frozen=True)
class Finding:
    """`says` are the records as they stand; `wrong` is one sentence a fault, empty where all is well."""

    check: str
    state: str
    says: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    publish: Publish | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
