"""The table of what can be done with what: for the page of a role, and for what a user may do by which role."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as lazy

from crm.access.depths import ALL_VERBS, Depth
from crm.hooks.registry import Text
from crm.hooks.resources import Resource, resources
from crm.models import RoleGrant, User

SECTIONS = {
    "crm": lazy("Customers"),
    "sales": lazy("Sales"),
    "marketing": lazy("Marketing"),
    "journeys": lazy("Journeys"),
}
SETUP = lazy("Set-up and delivery")


@dataclass(frozen=True)
class Section:
    """A part of the table: (resource, a cell for each verb, None where the resource has no such verb)."""

    title: Text
    rows: list[tuple[Text, list[Any]]]


def sections(cell: Callable[[Resource, str], Any]) -> list[Section]:
    """The table, by app; what crm declares without an owner is set-up. `cell` answers what stands in a cell."""
    found: dict[Text, list] = {title: [] for title in (*SECTIONS.values(), SETUP)}
    for resource in sorted(resources.values(), key=lambda r: str(r.label)):
        app = resource.name.partition(".")[0]
        title = SETUP if app == "crm" and not resource.further else SECTIONS[app]
        cells = [cell(resource, verb) if verb in resource.verbs else None for verb in ALL_VERBS]
        found[title].append((resource.label, cells))
    return [Section(title, rows) for title, rows in found.items() if rows]


@dataclass(frozen=True)
class Right:
    """How far a user reaches with a verb on a resource, and by which of their roles."""

    depth: Depth
    roles: list[str]


def rights_of(user: User) -> list[Section]:
    """The table for one user: the deepest role counts, as it does in every query. One query."""
    held: dict[tuple[str, str], list[tuple[Depth, str]]] = defaultdict(list)
    grants = RoleGrant.objects.filter(role__users=user, depth__gt=Depth.NONE).select_related("role")
    for grant in grants.order_by("role__name"):
        held[grant.resource, grant.verb].append((Depth(grant.depth), grant.role.name))

    def cell(resource: Resource, verb: str) -> Right:
        if user.is_superuser:
            return Right(Depth.ALL, [])
        ways = held[resource.name, verb]
        deepest = max((depth for depth, _role in ways), default=Depth.NONE)
        return Right(deepest, [role for depth, role in ways if depth == deepest])

    return sections(cell)
