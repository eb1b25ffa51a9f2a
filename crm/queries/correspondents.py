"""Whose address is it: a contact's, one of ours, or a mailbox that we read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from crm.models import Contact, FilingAddress, Mailbox, User


def contacts_of(addresses: Iterable[str], user: User) -> dict[str, Contact]:
    """{address: contact} as far as the user sees them; of several with one address the user's own, then the oldest."""
    found: dict[str, Contact] = {}
    rows = Contact.objects.visible_to(user).filter(email_normal__in=list(addresses), is_active=True)
    for contact in rows.select_related("account", "owner", "team").order_by("pk"):
        known: Any = found.get(contact.email_normal)
        if known is None or (known.owner_id != user.pk and contact.owner_id == user.pk):
            found[contact.email_normal] = contact
    return found


def contact_of(address: str, user: User) -> Contact | None:
    return contacts_of([address], user).get(address)


def colleague_of(address: str) -> User | None:
    """Who of us writes from this address: their sign-in, or a mailbox of their own."""
    return next(iter(colleagues_of([address]).values()), None)


def colleagues_of(addresses: Iterable[str]) -> dict[str, User]:
    wanted = [address for address in addresses if address]
    by_sign_in = Q()
    for address in wanted:
        by_sign_in |= Q(email__iexact=address)
    if not wanted:
        return {}
    found = {user.email.lower(): user for user in User.objects.filter(by_sign_in, is_active=True)}
    own = Mailbox.objects.filter(owner__is_active=True, address__in=wanted).select_related("owner")
    return {**found, **{mailbox.address: mailbox.owner for mailbox in own if mailbox.owner}}


def our_addresses(addresses: Iterable[str]) -> set[str]:
    """Those that are ours: colleagues', and of mailboxes that are read."""
    wanted = list(addresses)
    return {*colleagues_of(wanted), *Mailbox.objects.filter(address__in=wanted).values_list("address", flat=True)}


def shared_mailbox() -> Mailbox | None:
    """The company's, that filing addresses lead to: the oldest that is read."""
    return Mailbox.objects.filter(owner=None, is_active=True).order_by("pk").first()


def filing_address_of(user: User) -> str:
    """crm+secret@company.example; "" where the company has no mailbox, or the user has no address yet."""
    mailbox, own = shared_mailbox(), FilingAddress.objects.filter(user=user).first()
    if mailbox is None or own is None:
        return ""
    local, _at, domain = mailbox.address.partition("@")
    return f"{local}+{own.secret}@{domain}"
