"""By which ways somebody comes to see rows, one by one: for lists, which read the first rows of each from an index."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from crm.access.depths import Depth, depth_of, owned_by, people_within, reached_otherwise


@dataclass(frozen=True)
class Ways:
    """Rows owned by any of `people` (ids), and those of each of `others`."""

    people: list[int]
    others: list[Q]

    def as_q(self) -> Q:
        return reduce(or_, self.others, Q(owner__in=self.people))


def ways_to_see(model: Any, user: Any) -> Ways | None:
    """The ways together are `visible_to(user)`. None: everything, no way need be asked."""
    depth = depth_of(user, model._meta.label_lower, "view")
    if depth == Depth.ALL:
        return None
    if depth == Depth.NONE:
        return Ways([], [])
    _by_people, *by_team = owned_by(model, user, depth)
    first, *rest = reached_otherwise(user, model._meta.label_lower, "view")
    return Ways(people_within(user, depth), [*by_team, Q(pk__in=first.union(*rest) if rest else first)])
