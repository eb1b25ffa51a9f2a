"""Which view a list shows for one reader, and which they can switch to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from crm.hooks.records import RecordKind, View
from crm.models import DefaultView, SavedView

AnyView = View | SavedView


@dataclass(frozen=True)
class Shelf:
    """The views of a kind for one reader, read once a page."""

    kind: RecordKind
    user: Any

    @cached_property
    def saved(self) -> Sequence[SavedView]:
        return list(SavedView.objects.of_kind(self.kind.name).visible_to(self.user).select_related("owner"))

    @cached_property
    def default_key(self) -> str:
        """The view that the reader chose to begin with, "" where they chose none or it is gone."""
        chosen = DefaultView.objects.filter(user=self.user, kind=self.kind.name).values_list("view", flat=True).first()
        return chosen if chosen and self.named(chosen) else ""

    @property
    def first(self) -> View:
        """What every list opens with where nobody chose otherwise."""
        return self.kind.views[0] if self.kind.views else View("all", self.kind.plural)

    def named(self, key: str) -> AnyView | None:
        """The view of this key that the reader may see."""
        views: list[AnyView] = [*self.kind.views, *self.saved]
        return next((view for view in views if view.key == key), None)

    @property
    def groups(self) -> list[tuple[str, list[AnyView]]]:
        """For the switcher: the reader's own, those of others, those that come with the list."""
        mine = [view for view in self.saved if view.owner_id == self.user.pk]
        shared = [view for view in self.saved if view.owner_id != self.user.pk]
        return [
            (name, list(views))
            for name, views in (("mine", mine), ("shared", shared), ("kind", self.kind.views))
            if views
        ]
