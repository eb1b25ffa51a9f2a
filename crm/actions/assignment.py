"""Giving a record away: to somebody, or into the queue of a team. Its new owner is told."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from crm.actions.notifications import notify
from crm.actions.plain import save_counted
from crm.errors import Invalid
from crm.hooks import records
from crm.log.recording import record as tell_the_log
from crm.models import Account, Contact, Team, User


@transaction.atomic
def assign_record(record: Any, *, owner: User | None, team: Team | None = None, by: User | None) -> Any:
    """The record fresh, with its new owner; without one it waits in the queue of `team`, whose manager is told.

    A kind may have an action of its own (a lead is assigned as a lead). Raises Invalid for somebody who has left, or
    where neither a person nor a team is named.
    """
    kind = records.kind_of(record)
    if kind.assign is not None:
        return kind.assign(record, owner=owner, team=team, by=by)
    locked: Any = type(record)._default_manager.select_for_update().get(pk=record.pk)
    if hand_over(locked, owner, team):
        save_counted(locked)
        tell_of_new_owner(locked, by)
    return locked


def hand_over(record: Any, owner: User | None, team: Team | None) -> bool:
    """Set the owner of a locked record, unsaved; answers whether that is news. Raises Invalid as `assign_record` does."""
    if owner is not None and not owner.is_active:
        raise Invalid(f"{owner} no longer works here.", field="owner")
    if owner is None and team is None:
        raise Invalid("Choose a person, or the team in whose queue it waits.", field="owner")
    before = record.owner_id, record.team_id
    record.owner = owner
    record.team = team if owner is None else team or record.team
    return before != (record.owner_id, record.team_id)


def tell_of_new_owner(record: Any, by: User | None) -> None:
    """The bell of whoever has it now, and the log of the person or company it is about."""
    kind = records.kind_of(record)
    whom = f"To {record.owner or record.team}"
    contact, account = _about(record)
    if contact or account:
        data = {"owner": record.owner_id, "text": whom}
        tell_the_log("owner.changed", contact=contact, account=account, source=record, by=by, data=data)
    ring_for_owner(record, f"the {str(kind.label).lower()} “{record}”", kind.icon, by)


def ring_for_owner(record: Any, what: str, icon: str, by: User | None) -> None:
    """“Asha gave you the account “Northwind”.” Who gave it to themselves knows."""
    if record.owner is not None and record.owner != by:
        text = f"{by} gave you {what}." if by else f"You were given {what}."
        notify(record.owner, text, record.get_absolute_url(), icon, kind="assigned")
    elif record.owner is None and record.team and record.team.manager and record.team.manager != by:
        text = f"In the queue of {record.team}: {what}."
        notify(record.team.manager, text, record.get_absolute_url(), icon, kind="assigned")


def _about(record: Any) -> tuple[Any, Any]:
    """The ids of the contact and the account that the log has a row for."""
    if isinstance(record, Contact):
        return record.pk, record.account_id
    if isinstance(record, Account):
        return None, record.pk
    return getattr(record, "contact_id", None), getattr(record, "account_id", None)
