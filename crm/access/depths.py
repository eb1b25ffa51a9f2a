"""Who reaches what: a role gives each verb on each resource a depth, as in Dynamics.

own · team · team and below · everything. Compiled once per user object (a request has one), applied in SQL. Beside the
roles one record may be shared with a person or a team (crm/models/shares.py), and seen through another one (hooks/paths).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models import Exists, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from crm.hooks import paths
from crm.hooks.paths import SEEING

if TYPE_CHECKING:
    from crm.models import User


class Depth(models.IntegerChoices):
    NONE = 0, "Nothing"
    OWN = 1, "Own"
    TEAM = 2, "Team"
    BRANCH = 3, "Team and below"
    ALL = 4, "Everything"


VERBS = ("view", "add", "change", "delete")
FURTHER = {
    "assign": "change",
    "share": "change",
    "merge": "change",
    "export": "view",
    "import": "add",
    "approve": "change",
}
"""Verbs that only some resources have, each with the verb whose depth it starts with."""
ALL_VERBS = (*VERBS, *FURTHER)
Q_ = TypeVar("Q_", bound=QuerySet)


def depth_of(user: Any, resource: str, verb: str) -> Depth:
    """How far the user reaches with `verb` (view, change, assign …) on `resource` (e.g. “crm.contact”)."""
    if not user.is_authenticated or not user.is_active:
        return Depth.NONE
    if user.scope is not None and not user.scope.allows(resource, verb):
        return Depth.NONE
    if user.is_superuser:
        return Depth.ALL
    return grants_of(user)[(resource, verb)]


def grants_of(user: User) -> dict[tuple[str, str], Depth]:
    """Every grant of the user's roles, the deepest wins. Read once and kept on the user object, with the flags of the roles."""
    if user._grants is None:
        from crm.models import Company, Role

        grants: dict[tuple[str, str], Depth] = defaultdict(lambda: Depth.NONE)
        flags = set()
        everybody = Exists(Company.objects.filter(needs_second_factor=True))
        columns = (
            "opens_admin",
            "needs_second_factor",
            "everybody",
            "grants__resource",
            "grants__verb",
            "grants__depth",
        )
        rows = Role.objects.filter(users=user).order_by().annotate(everybody=everybody).values_list(*columns)
        for opens, needs, all_need, resource, verb, depth in rows:
            flags.add((opens, needs or all_need))
            if resource is not None:
                grants[resource, verb] = max(grants[resource, verb], Depth(depth))
        user._grants = grants
        user._role_flags = any(opens for opens, _needs in flags), any(needs for _opens, needs in flags)
    return user._grants


def may(user: Any, resource: str, verb: str) -> bool:
    """May the user do this at all, on at least some record?"""
    return depth_of(user, resource, verb) > Depth.NONE


def teams_below(user: User) -> list[int]:
    """The ids of the user's team and of all teams under it. Read once and kept on the user object."""
    if user._teams_below is None:
        from crm.models import Team

        children: dict[int | None, list[int]] = defaultdict(list)
        for pk, parent in Team.objects.values_list("pk", "parent_id"):
            children[parent].append(pk)
        found: list[int] = []
        waiting = [user.team_id] if user.team_id else []
        while waiting:
            found.append(team := waiting.pop())
            waiting.extend(pk for pk in children[team] if pk not in found)
        user._teams_below = found
    return user._teams_below


def within_reach(queryset: Q_, user: Any, verb: str) -> Q_:
    """The rows of an owned resource that the user reaches with `verb`.

    `pk IN (a UNION b)` and not `a OR EXISTS(b)`: the latter cost 2,362 ms where this costs 4 (100,000 rows, SQLite).
    """
    depth = depth_of(user, queryset.model._meta.label_lower, verb)
    if depth == Depth.ALL:
        return queryset
    if depth == Depth.NONE:
        return queryset.none()
    return queryset.filter(pk__in=_reached(queryset.model, user, verb, depth))


def reaches_plainly(user: Any, verb: str, record: Any) -> bool | None:
    """What `within_reach` says of a record at hand, as far as whose it is decides; None: a share or a path may still lead there."""
    resource = record._meta.label_lower
    depth = depth_of(user, resource, verb)
    if record.deleted_at is not None or depth == Depth.NONE:
        return False
    if depth == Depth.ALL or record.owner_id == user.pk:
        return True
    if depth > Depth.OWN:
        of_people = record.owner_id in people_within(user, depth)
        if of_people or (record.owner_id is None and record.team_id in teams_within(user, depth)):
            return True
    return None if reached_otherwise(user, resource, verb) else False


def _reached(model: Any, user: User, verb: str, depth: Depth) -> Any:
    """The keys within reach: one UNION, kept on the user object as SQL, since a page asks for the same several times
    and putting it together costs more than running it.
    """
    resource = model._meta.label_lower
    if user._reached is None:
        user._reached = {}
    if (resource, verb) not in user._reached:
        rows = model._base_manager.order_by()
        ways: list[QuerySet] = [rows.filter(way).values("pk") for way in owned_by(model, user, depth)]
        first, *rest = ways + reached_otherwise(user, resource, verb)
        united = first.union(*rest) if rest else first
        try:
            user._reached[resource, verb] = RawSQL(*united.query.sql_with_params())
        except EmptyResultSet:
            user._reached[resource, verb] = []
    return user._reached[resource, verb]


def seen_through(model: Any, user: User, column: str) -> QuerySet:
    """The values of a column (“contact”) over the rows that the user sees: one flat UNION for a path to other records.

    `visible_to(user).values(column)` says the same, but PostgreSQL then reads all rows of the table to join them with it.
    """
    depth = depth_of(user, model._meta.label_lower, "view")
    alive = model._base_manager.filter(deleted_at=None, **{f"{column}__isnull": False}).order_by()
    if depth == Depth.ALL:
        return alive.values(column)
    if depth == Depth.NONE:
        return alive.none().values(column)
    otherwise = (Q(pk__in=keys) for keys in reached_otherwise(user, model._meta.label_lower, "view"))
    ways = [*owned_by(model, user, depth), *otherwise]
    first, *rest = [alive.filter(way).values(column) for way in ways]
    return first.union(*rest) if rest else first


def owned_by(model: Any, user: User, depth: Depth) -> list[Q]:
    """What is theirs; from “team” on also what belongs to the people of their teams, or to these teams themselves."""
    if depth == Depth.OWN:
        return [Q(owner=user.pk)]
    return [Q(owner__in=people_within(user, depth)), Q(owner=None, team__in=teams_within(user, depth))]


def teams_within(user: User, depth: Depth) -> list[int]:
    if depth == Depth.BRANCH:
        return teams_below(user)
    return [user.team_id] if depth == Depth.TEAM and user.team_id else []


def people_within(user: User, depth: Depth) -> list[int]:
    """The ids of those whose records are within this depth, the user's own among them. Read once, kept on the user object.

    A list and not a subquery: with the ids in the SQL the planner knows how few rows an index on the owner will give.
    """
    from crm.models import User

    if depth == Depth.OWN:
        return [user.pk]
    if user._people is None:
        user._people = {}
    if depth not in user._people:
        teams = teams_within(user, depth)
        colleagues = User.objects.filter(team__in=teams).values_list("pk", flat=True) if teams else []
        user._people[depth] = sorted({user.pk, *colleagues})
    return user._people[depth]


def reached_otherwise(user: User, resource: str, verb: str) -> list[QuerySet]:
    """The keys reached not by ownership: of shared records, and of those seen through others."""
    return _by_share(user, resource, verb) + paths.keys_by_paths(user, resource, verb)


def _by_share(user: User, resource: str, verb: str) -> list[QuerySet]:
    """What others shared with the user or with their team. A share lets see and, where it says so, change; nothing else."""
    from crm.models import Share

    if verb not in (*SEEING, "change"):
        return []
    shares = Share.objects.in_force(timezone.now()).filter(resource=resource)
    if verb == "change":
        shares = shares.filter(can_change=True)
    with_them = [shares.filter(user=user)] + ([shares.filter(team=user.team_id)] if user.team_id else [])
    return [way.order_by().values("record") for way in with_them]
