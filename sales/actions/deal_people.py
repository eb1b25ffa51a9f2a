"""Who has a say in a deal, and who of us works on it; the history of the deal tells of both."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from crm.actions.notifications import notify
from crm.audit import keep_in_bulk
from crm.errors import Invalid
from crm.models import Contact, User
from sales.actions.opportunities import lock, must_be_open
from sales.models import DealMember, Opportunity, Stakeholder, StakeholderRole, TeamRole


@transaction.atomic
def set_stakeholder(opportunity: Opportunity, contact: Contact, *, role: str, note: str = "", by: User) -> Stakeholder:
    """A person has one say in a deal: named again, role and note are changed.

    Raises NotAllowed where the deal is closed, Invalid for an unknown role or somebody who is no longer there.
    """
    must_be_open(lock(opportunity))
    if role not in StakeholderRole:
        raise Invalid("Choose what they are in this deal.", field="role")
    if contact.deleted_at or not contact.is_active:
        raise Invalid(f"{contact} is no longer there.", field="contact")
    held = Stakeholder.objects.filter(opportunity=opportunity, contact=contact).first()
    before = _words(held)
    held = held or Stakeholder(opportunity=opportunity, contact=contact, created_by=by)
    held.role, held.note = role, note
    held.save()
    _keep(opportunity, contact, before, _words(held), by)
    return held


@transaction.atomic
def remove_stakeholder(held: Stakeholder, *, by: User) -> None:
    """They have no say after all. Raises NotAllowed where the deal is closed."""
    deal = lock(held.opportunity)
    must_be_open(deal)
    Stakeholder.objects.filter(pk=held.pk).delete()
    _keep(deal, held.contact, _words(held), "", by)


@transaction.atomic
def put_on_team(opportunity: Opportunity, user: User, *, role: str, by: User) -> DealMember:
    """From now on they see and change the deal, as far as their role changes deals at all; who is new on it is told.

    Raises Invalid for its owner, for somebody who has left, or an unknown role.
    """
    opportunity = lock(opportunity)
    if role not in TeamRole:
        raise Invalid("Choose what they do for this deal.", field="role")
    if user.pk == opportunity.owner_id:
        raise Invalid(f"{user} owns the deal already.", field="user")
    if not user.is_active:
        raise Invalid(f"{user} no longer works here.", field="user")
    member, is_new = DealMember.objects.get_or_create(
        opportunity=opportunity, user=user, defaults={"role": role, "created_by": by}
    )
    before = "" if is_new else str(member.get_role_display())
    if member.role != role:
        member.role = role
        member.save()
    _keep(opportunity, user, before, str(member.get_role_display()), by)
    if is_new and user.pk != by.pk:
        text = f"{by} put you on the team of the deal “{opportunity}”."
        notify(user, text, opportunity.get_absolute_url(), "users-plus", kind="opportunity.team")
    return member


@transaction.atomic
def take_off_team(member: DealMember, *, by: User) -> None:
    """What being on the team let them see and change is over."""
    DealMember.objects.filter(pk=member.pk).delete()
    _keep(member.opportunity, member.user, str(member.get_role_display()), "", by)


def _words(held: Stakeholder | None) -> str:
    """The role alone: what is noted about a person is no matter for the history."""
    return str(StakeholderRole(held.role).label) if held else ""


def _keep(opportunity: Opportunity, who: Any, before: str, after: str, by: User) -> None:
    """Beside the words stands the key of the person, named for each reader."""
    if before != after:
        keep_in_bulk([(opportunity, {f"role:{who._meta.label_lower}:{who.pk}": [before, after]})], by=by)
