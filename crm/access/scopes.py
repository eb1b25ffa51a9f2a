"""What an API token narrows: reading only, some resources only. What is left is its scope and the rights of its user."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any

READING = ("view", "export")


@dataclass(frozen=True)
class Scope:
    """Kept on the user object of a request that showed a token (crm/access/depths.py asks it before any grant)."""

    may_write: bool = True
    resources: frozenset[str] = frozenset()
    """Labels of models; empty means: all that the user reaches."""

    def allows(self, resource: str, verb: str) -> bool:
        return self.reaches(resource) and (self.may_write or verb in READING)

    def reaches(self, resource: str) -> bool:
        return not self.resources or resource in self.resources


def beyond_scope(user: Any) -> Any:
    """The same person without what the token narrows: for what a command needs beside the resource that it belongs to. A
    token that may only have mails sent must not be given every email and every contact for it."""
    if user.scope is None:
        return user
    whole = copy(user)
    whole.scope = None
    return whole
