"""Offer a way to see: a contact is visible through a visible lead or deal, which crm cannot know by itself."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from crm.hooks.registry import Registry, Text

Path = Callable[[Any], QuerySet]
_paths: Registry[tuple[str, Path, Text]] = Registry("path")


def register(name: str, resource: str, path: Path, label: Text) -> None:
    """`path(user)` answers a values queryset of the primary keys of `resource` that the user sees this way.

    `label` says so to them: “You see a lead of theirs.”
    """
    _paths.register(name, (resource, path, label))


def paths_to(resource: str) -> list[Path]:
    return [path for on, path, _ in _paths.values() if on == resource]


def labelled(resource: str) -> list[tuple[Text, Path]]:
    return [(label, path) for on, path, label in _paths.values() if on == resource]
