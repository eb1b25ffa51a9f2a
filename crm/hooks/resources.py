"""Offer a resource to the roles: what can be granted, and how far each built-in role reaches from the start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crm.access.depths import FURTHER, VERBS, Depth
from crm.hooks.registry import Registry, Text

Reach = tuple[Depth, Depth, Depth, Depth]
NOTHING: Reach = (Depth.NONE, Depth.NONE, Depth.NONE, Depth.NONE)
EVERYTHING: Reach = (Depth.ALL, Depth.ALL, Depth.ALL, Depth.ALL)
READS: Reach = (Depth.ALL, Depth.NONE, Depth.NONE, Depth.NONE)
OWNED = ("assign", "share", "export", "import")
"""The further verbs of a record with an owner; people and companies can be merged, too."""


@dataclass(frozen=True)
class Resource:
    """`name` is the model's label (“sales.lead”); `defaults` are depths of view, add, change, delete by role key."""

    name: str
    label: Text
    defaults: Mapping[str, Reach]
    further: tuple[str, ...] = ()

    @property
    def verbs(self) -> tuple[str, ...]:
        return (*VERBS, *(verb for verb in FURTHER if verb in self.further))


resources: Registry[Resource] = Registry("resource")


def declare(name: str, label: Text, further: tuple[str, ...] = (), **defaults: Reach) -> None:
    """E.g. declare("sales.lead", "Leads", OWNED, rep=(TEAM, OWN, OWN, NONE)). An administrator always reaches everything.

    `further` verbs begin as deep as the verb they are kin to (FURTHER): who may change may assign.
    """
    if unknown := set(further) - set(FURTHER):
        raise LookupError(f"“{name}” is declared with unknown verbs: {', '.join(sorted(unknown))}.")
    resources.register(name, Resource(name, label, defaults, further))


def grant_defaults(**_: object) -> None:
    """Give roles their grants on what has none yet: a new resource, or a verb that a resource did not have before.

    A new resource goes to the built-in roles as declared. A new verb goes to every role as deep as the verb it is kin to,
    so that nobody loses what they could do yesterday. What an administrator set stays.
    """
    from crm.models import Role, RoleGrant

    held: dict[tuple[int, str], dict[str, Depth]] = defaultdict(dict)
    for grant in RoleGrant.objects.all():
        held[grant.role_id, grant.resource][grant.verb] = Depth(grant.depth)
    known = {(resource, verb) for (_, resource), verbs in held.items() for verb in verbs}
    given = [
        RoleGrant(role=role, resource=resource.name, verb=verb, depth=depth)
        for resource in resources.values()
        for role in Role.objects.all()
        for verb, depth in _first_reach(resource, role.key, held[role.pk, resource.name])
        if (resource.name, verb) not in known
    ]
    RoleGrant.objects.bulk_create(given)


def _first_reach(resource: Resource, role: str, held: dict[str, Depth]) -> Iterator[tuple[str, Depth]]:
    """Depths by verb: of the grants that the role holds already, else of the defaults declared for it."""
    declared = {**resource.defaults, "administrator": EVERYTHING}.get(role)
    base = held or (dict(zip(VERBS, declared, strict=True)) if declared else {})
    if base:
        yield from ((verb, base.get(verb, Depth.NONE)) for verb in VERBS)
        yield from ((verb, base.get(FURTHER[verb], Depth.NONE)) for verb in resource.further)
