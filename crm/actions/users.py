"""What happens to people who sign in: welcomed, let in again, signed out everywhere. There is always an administrator."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.depths import Depth
from crm.actions.notifications import notify_many
from crm.errors import Invalid, NotAllowed
from crm.models import ApiToken, Role, RoleGrant, Team, User


def administrators() -> Q:
    """Active people who may change everybody, and so let themselves and others in again."""
    roles = RoleGrant.objects.filter(resource="crm.user", verb="change", depth=Depth.ALL).values("role")
    return Q(is_active=True) & (Q(is_superuser=True) | Q(pk__in=User.objects.filter(roles__in=roles).values("pk")))


def must_leave_an_administrator() -> None:
    """Called at the end of a change, inside its transaction. Raises NotAllowed where nobody is left who could undo it."""
    if not User.objects.filter(administrators()).exists():
        raise NotAllowed(_("Somebody must be left who may change users and roles: this would remove the last one."))


@transaction.atomic
def welcome_from_provider(*, email: str, name: str, role: str) -> User:
    """Somebody unknown, whom the OpenID provider vouches for, with the role of this key. Administrators are told.

    Raises Invalid where there is no such role.
    """
    given = Role.objects.filter(key=role).first()
    if given is None:
        raise Invalid(_("The role “%s” that new people get does not exist. Tell an administrator.") % role)
    user = User.objects.create_user(email, None, name=name or email.partition("@")[0])
    user.roles.add(given)
    told = User.objects.filter(administrators()).values_list("pk", flat=True)
    text = _("%(who)s came in by %(provider)s, with the role “%(role)s” and no team yet.") % {
        "who": f"{user} ({user.email})",
        "provider": settings.OIDC_NAME,
        "role": given,
    }
    notify_many(told, text, f"/admin/crm/user/{user.pk}/change/", "user-plus")
    return user


@transaction.atomic
def reactivate_user(user: User, *, by: User) -> User:
    """They may sign in again, with the roles and the team they had; what was handed over stays where it is."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active:
        raise NotAllowed(_("%s is active already.") % user)
    user.is_active = True
    user.save()
    return user


@transaction.atomic
def reset_second_factor(user: User, *, by: User) -> int:
    """For a lost phone: app and recovery codes are forgotten, and every session ends. Answers how many were forgotten."""
    forgotten = Authenticator.objects.filter(user=user).count()
    if not forgotten:
        raise NotAllowed(_("%s has no second factor.") % user)
    Authenticator.objects.filter(user=user).delete()
    sign_out_everywhere(user)
    return forgotten


def sign_out_everywhere(user: User, *, by: User | None = None) -> int:
    """End every session of theirs that is known; answers how many. (Whoever is inactive is refused at once, besides.)"""
    keys = list(UserSession.objects.filter(user=user).values_list("session_key", flat=True))
    Session.objects.filter(pk__in=keys).delete()
    UserSession.objects.filter(user=user).delete()
    return len(keys)


def revoke_tokens(user: User) -> int:
    return ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())


def forget_old_addresses(user: User) -> None:
    """After a change of address: nobody signs in, or gets a password link, by the old one."""
    EmailAddress.objects.filter(user=user).exclude(email__iexact=user.email).delete()


@transaction.atomic
def place_in_team(people: Iterable[User], team: Team, *, by: User) -> None:
    """Exactly these people sit in the team. Those who are moved out sit in none, until somebody places them."""
    chosen = {user.pk for user in people}
    for user in User.objects.select_for_update().filter(Q(pk__in=chosen) | Q(team=team, is_active=True)).order_by("pk"):
        wanted = team if user.pk in chosen else None
        if user.team_id != (wanted and wanted.pk):
            user.team = wanted
            user.save(update_fields=["team"])


def check_parent(team: Team, parent: Team | None) -> None:
    """Raises Invalid where a team would be its own ancestor."""
    above = dict(Team.objects.values_list("pk", "parent_id"))
    at = parent.pk if parent else None
    seen: set[int] = set()
    while at is not None and at not in seen:
        if at == team.pk:
            raise Invalid(_("%(team)s cannot be below %(parent)s, which is below it.") % {"team": team, "parent": parent}, field="parent")  # fmt: skip
        seen.add(at)
        at = above.get(at)
