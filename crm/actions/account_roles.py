"""The roles that people have at companies beside their own; the history of both tells of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from crm.access.see import must_be_able_to
from crm.actions.plain import must_be_possible
from crm.audit import keep_in_bulk
from crm.errors import Forbidden, Invalid, NotAllowed
from crm.hooks import records
from crm.models import Account, AccountRole, Contact, User

COLUMNS = ("role", "starts_on", "ends_on")


@transaction.atomic
def add_account_role(
    contact: Contact,
    account: Account,
    *,
    role: str,
    starts_on: date | None = None,
    ends_on: date | None = None,
    by: User,
) -> AccountRole:
    """A person's role at a company. Who may change the person or the company may add it.

    Raises Forbidden, NotAllowed where one of them is inactive, Invalid where they have this role there already.
    """
    _must_be_open(contact, account, by)
    made = AccountRole(
        contact=contact, account=account, role=_clean(role), starts_on=starts_on, ends_on=ends_on, created_by=by
    )
    must_be_possible(made, COLUMNS)
    _save(made)
    _keep(made, "", _words(made), by)
    return made


@transaction.atomic
def change_account_role(held: AccountRole, *, by: User, **fields: Any) -> AccountRole:
    """Another name, another time. Raises as adding does."""
    held = AccountRole.objects.select_for_update(of=("self",)).select_related("contact", "account").get(pk=held.pk)
    _must_be_open(held.contact, held.account, by)
    before = _words(held)
    for name, value in fields.items():
        setattr(held, name, _clean(value) if name == "role" else value)
    must_be_possible(held, COLUMNS)
    _save(held)
    _keep(held, before, _words(held), by)
    return held


@transaction.atomic
def remove_account_role(held: AccountRole, *, by: User) -> None:
    """As if it had never been; who left it at a time gets an end instead."""
    held = AccountRole.objects.select_for_update(of=("self",)).select_related("contact", "account").get(pk=held.pk)
    _must_be_open(held.contact, held.account, by)
    before = _words(held)
    AccountRole.objects.filter(pk=held.pk).delete()
    _keep(held, before, "", by)


def _must_be_open(contact: Contact, account: Account, by: User) -> None:
    for record in (contact, account):
        if why := records.kind_of(record).why_locked(record):
            raise NotAllowed(f"“{record}” cannot be changed. {why}")
    try:
        must_be_able_to(by, "change", contact)
    except Forbidden:
        must_be_able_to(by, "change", account)


def _clean(role: str) -> str:
    role = " ".join(role.split())
    if not role:
        raise Invalid("Say what the person is there, e.g. board member.", field="role")
    return role


def _save(held: AccountRole) -> None:
    try:
        with transaction.atomic():
            held.save()
    except IntegrityError as problem:
        raise Invalid(f"{held.contact} is “{held.role}” at {held.account} already.", field="role") from problem


def _words(held: AccountRole) -> str:
    span = " – ".join(f"{day:%Y-%m-%d}" if day else "" for day in (held.starts_on, held.ends_on))
    return f"{held.role} ({span.strip()})" if held.starts_on or held.ends_on else held.role


def _keep(held: AccountRole, before: str, after: str, by: User) -> None:
    """In the history of both; which other one it is about stands beside the words as its key, named for each reader."""
    for one, other in ((held.contact, held.account), (held.account, held.contact)):
        pointer = f"role:{other._meta.label_lower}:{other.pk}"
        keep_in_bulk([(one, {pointer: [before, after]})], by=by)
