"""Offer a way to see: a contact is visible through a visible lead or deal, which crm cannot know by itself."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from crm.hooks.registry import Registry, Text

Path = Callable[[Any], QuerySet | None]
SEEING = ("view", "export")
_paths: Registry[tuple[str, Path, Text, tuple[str, ...]]] = Registry("path")


def register(name: str, resource: str, path: Path, label: Text, verbs: tuple[str, ...] = SEEING) -> None:
    """`path(user)` answers a values queryset of the primary keys of `resource` that the user sees this way, None for no way.

    `label` says so to them: “You see a lead of theirs.” `verbs` are what the way is good for.
    """
    _paths.register(name, (resource, path, label, verbs))


def keys_by_paths(user: Any, resource: str, verb: str) -> list[QuerySet]:
    """What the ways to a resource give this user for a verb."""
    ways = (path(user) for on, path, _, verbs in _paths.values() if on == resource and verb in verbs)
    return [keys for keys in ways if keys is not None]


def labelled(resource: str, verb: str) -> list[tuple[Text, Path]]:
    return [(label, path) for on, path, label, verbs in _paths.values() if on == resource and verb in verbs]
