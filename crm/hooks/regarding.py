"""Offer what a mail with a contact is probably about: crm files it there, without knowing leads and deals."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet

from crm.hooks.registry import Registry

Candidates = Callable[[Any, Any], QuerySet]
_candidates: Registry[Candidates] = Registry("kind of record that mails are about")


def register(name: str, candidates: Candidates) -> None:
    """`candidates(contact, user)` are the records with this contact that the user is working on now."""
    _candidates.register(name, candidates)


def the_only_one(contact: Any, user: Any) -> Model | None:
    """The record, where there is exactly one; with two, nobody can know which."""
    found = [record for candidates in _candidates.values() for record in candidates(contact, user)[:2]]
    return found[0] if len(found) == 1 else None
