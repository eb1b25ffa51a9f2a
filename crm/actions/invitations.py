"""Inviting somebody by mail: sent, sent again, revoked, accepted. Accepting makes the user."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.delivery.queueing import send_one
from crm.errors import Invalid, NotAllowed
from crm.models import Company, Invitation, Role, Team, User
from crm.models.invitations import VALID_FOR, new_nonce


@transaction.atomic
def invite(
    *,
    email: str,
    name: str = "",
    team: Team | None = None,
    manager: User | None = None,
    roles: Iterable[Role] = (),
    by: User,
) -> Invitation:
    """Mail somebody a link with which they choose a password and come in. Raises Invalid for an address that is known."""
    email = email.strip().lower()
    if known := User.objects.filter(email__iexact=email).first():
        said = _("%s has an account already.") if known.is_active else _("%s had an account: reactivate it instead.")
        raise Invalid(said % known, field="email")
    if Invitation.objects.open().filter(email__iexact=email).exists():
        raise Invalid(_("There is an open invitation to this address. Send it again, or revoke it."), field="email")
    invitation = Invitation.objects.create(email=email, name=name.strip(), team=team, manager=manager, by=by)
    invitation.roles.set(roles)
    _mail(invitation, by)
    return invitation


@transaction.atomic
def send_again(invitation: Invitation, *, by: User) -> Invitation:
    """A new link, valid from now; the older one dies. Raises NotAllowed where it is no longer open."""
    invitation = _open(invitation)
    invitation.nonce, invitation.sent_at, invitation.by = new_nonce(), timezone.now(), by
    invitation.save()
    _mail(invitation, by)
    return invitation


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, by: User) -> Invitation:
    """The link works no more. Raises NotAllowed where it is no longer open."""
    invitation = _open(invitation)
    invitation.revoked_at, invitation.by = timezone.now(), by
    invitation.save()
    return invitation


@transaction.atomic
def accept_invitation(
    invitation: Invitation, *, name: str = "", password: str | None, time_zone: str = "UTC", phone: str = ""
) -> User:
    """The user, with the team and roles that the invitation names. Without a password they sign in elsewhere (OpenID).

    Raises NotAllowed where somebody was quicker: it is accepted or revoked, or the address has an account by now.
    """
    invitation = _open(invitation)
    if User.objects.filter(email__iexact=invitation.email).exists():
        raise NotAllowed(_("This address has an account already. Sign in with it."))
    user = User.objects.create_user(
        invitation.email,
        password,
        name=name.strip() or invitation.name or invitation.email.partition("@")[0],
        team=invitation.team,
        manager=invitation.manager,
        time_zone=time_zone,
        phone=phone,
    )
    user.roles.set(invitation.roles.all())
    invitation.accepted_at, invitation.user = timezone.now(), user
    invitation.save()
    return user


def _open(invitation: Invitation) -> Invitation:
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if invitation.accepted_at or invitation.revoked_at:
        raise NotAllowed(_("This invitation is no longer open."))
    return invitation


def _mail(invitation: Invitation, by: User) -> None:
    company = Company.objects.first()
    whose = company.name if company else "Tandem"
    link = f"{settings.PUBLIC_URL}{reverse('crm:invitation', args=[invitation.token])}"
    hello = _("Hello %s,") % invitation.name if invitation.name else _("Hello,")
    days = VALID_FOR.days
    asks = _("%(who)s invites you to work with Tandem at %(company)s.") % {"who": by, "company": whose}
    text = "\n".join(
        [
            hello,
            "",
            asks,
            _("Choose a password, and you are in:"),
            "",
            link,
            "",
            _("The link works for %d days, once. If you did not expect it, you can leave it alone.") % days,
        ]
    )
    send_one(
        to=invitation.email,
        subject=_("Your account at %s") % whose,
        text=text,
        key=f"invitation:{invitation.pk}:{invitation.nonce}",
        reply_to=by.email,
        by=by,
    )
