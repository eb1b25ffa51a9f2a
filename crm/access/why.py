"""Why somebody may, or may not, do something with one record, in sentences; and who else reaches it by their role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.depths import SEEING, Depth, depth_of
from crm.access.words import IN_A_SENTENCE, WHOSE
from crm.hooks import paths

if TYPE_CHECKING:
    from crm.models import Role, Team, User

FEW = 8


def reasons(user: User, record: Any, verb: str) -> list[str]:
    """Every way in which this user reaches the record with `verb`; none means: not at all."""
    if depth_of(user, record._meta.label_lower, verb) == Depth.NONE:
        return []
    if user.is_superuser:
        return [_("You are an administrator, and reach everything.")]
    return [*_by_role(user, record, verb), *_by_share(user, record, verb), *_by_path(user, record, verb)]


def why_not(user: User, record: Any, verb: str) -> str:
    """One sentence or two: what the roles say, whose it is, and who could help."""
    noun, word = record._meta.verbose_name, IN_A_SENTENCE[verb]
    owner = getattr(record, "owner", None)
    said = _("You can see this %(noun)s, but your role does not let you %(verb)s it.") % {"noun": noun, "verb": word}
    if owner is None:
        return said
    depth = depth_of(user, record._meta.label_lower, verb)
    if depth == Depth.NONE or verb not in ("view", "change"):
        return f"{said} " + _("It belongs to %s.") % owner
    return f"{said} " + _("It belongs to %(owner)s, who can share it with you; your role reaches %(whose)s.") % {
        "owner": owner,
        "whose": WHOSE[depth],
    }


def _by_role(user: User, record: Any, verb: str) -> Iterator[str]:
    from crm.models import RoleGrant

    grants = RoleGrant.objects.filter(role__users=user, resource=record._meta.label_lower, verb=verb)
    for grant in grants.exclude(depth=Depth.NONE).select_related("role").order_by("-depth", "role__name"):
        if why := _reach_of(Depth(grant.depth), user, record):
            yield _("By your role “%(role)s”: %(why)s") % {"role": grant.role, "why": why}


def _reach_of(depth: Depth, user: User, record: Any) -> str:
    """Why this depth reaches the record, or "" where it does not."""
    if depth == Depth.ALL:
        return _("it reaches all of them.")
    if record.owner_id == user.pk:
        return _("it is your own.")
    team = team_of(record)
    if team is None or depth == Depth.OWN or user.team_id is None:
        return ""
    if team.pk == user.team_id:
        return _("it belongs to your team, %s.") % team
    if depth == Depth.BRANCH and user.team_id in ancestors_of(team):
        return _("it belongs to %s, a team below yours.") % team
    return ""


def _by_share(user: User, record: Any, verb: str) -> Iterator[str]:
    from crm.models import Share

    if verb not in (*SEEING, "change"):
        return
    shares = Share.objects.in_force(timezone.now()).of(record).filter(Q(user=user) | Q(team=user.team_id or 0))
    if verb == "change":
        shares = shares.filter(can_change=True)
    for share in shares.select_related("by", "team"):
        whom = _("your team") if share.team_id else _("you")
        yield _("%(who)s shared it with %(whom)s.") % {"who": share.by or _("Somebody"), "whom": whom}


def _by_path(user: User, record: Any, verb: str) -> Iterator[str]:
    for label, path in paths.labelled(record._meta.label_lower, verb):
        keys = path(user)
        if keys is not None and type(record)._base_manager.filter(pk=record.pk, pk__in=keys).exists():
            yield str(label)


@dataclass(frozen=True)
class Circle:
    """People who see a record by their role: the first few, and whether there are more."""

    role: Role
    sentence: str
    people: list[User]
    has_more: bool


def circles(record: Any) -> list[Circle]:
    """Who sees it by role beside its owner, a circle a role; one query a role. Of nobody where nobody can own it."""
    from crm.models import RoleGrant

    if not hasattr(record, "owner_id"):
        return []
    team = team_of(record)
    grants = RoleGrant.objects.filter(resource=record._meta.label_lower, verb="view", depth__gt=Depth.OWN)
    found = []
    for grant in grants.select_related("role").order_by("-depth", "role__name"):
        people = list(_people_in(Depth(grant.depth), grant.role, team, record)[: FEW + 1])
        if people:
            found.append(Circle(grant.role, _whose(Depth(grant.depth), team), people[:FEW], len(people) > FEW))
    return found


def _people_in(depth: Depth, role: Role, team: Team | None, record: Any) -> QuerySet[User]:
    from crm.models import User

    people = User.objects.filter(is_active=True, roles=role).exclude(pk=record.owner_id or 0)
    if depth == Depth.ALL:
        return people
    if team is None:
        return people.none()
    return people.filter(team__in=[team.pk] if depth == Depth.TEAM else ancestors_of(team))


def _whose(depth: Depth, team: Team | None) -> str:
    match depth:
        case Depth.ALL:
            return _("reaches all of them")
        case Depth.TEAM:
            return _("reaches what belongs to %s") % team
    return _("reaches what belongs to %s and to teams below") % team


def team_of(record: Model) -> Team | None:
    """The team a record belongs to: its owner's, or its own where nobody owns it."""
    owner = getattr(record, "owner", None)
    return owner.team if owner else getattr(record, "team", None)


def ancestors_of(team: Team) -> list[int]:
    """The team and every team above it."""
    from crm.models import Team

    above = dict(Team.objects.values_list("pk", "parent_id"))
    found: list[int] = []
    at: int | None = team.pk
    while at is not None and at not in found:
        found.append(at)
        at = above.get(at)
    return found
