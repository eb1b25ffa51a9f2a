"""What an API token narrows: reading only, some resources only. What is left is its scope and the rights of its user."""

from __future__ import annotations

from dataclasses import dataclass

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
