"""Which account, contact or lead is this? Candidates, each with the reason in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Value
from django.db.models.functions import Lower, Trim

from crm.actions.contacts import find_contact
from crm.models import Account, Contact, User
from crm.normal import folded_company, mail_domain
from crm.queries.duplicates import Matches, matches_of
from sales.models import Lead


@dataclass(frozen=True)
class AccountMatch:
    account: Account
    why: str


def account_of_name(name: str) -> Account | None:
    """The account of this name, whatever the case and the blanks around it; the oldest active one of several."""
    if not name.strip():
        return None
    same = Account.objects.alive().filter(name_normal=Lower(Trim(Value(name))))
    return same.order_by("-is_active", "pk").first()


def matching_accounts(lead: Lead) -> list[AccountMatch]:
    """Accounts that this lead may belong to, the surest first: own account, same name, same mail domain."""
    contact = lead.contact
    found: dict[int, AccountMatch] = {}
    if contact.account:
        found[contact.account.pk] = AccountMatch(contact.account, f"{contact} works there already.")
    name = lead.company_name or contact.company_name
    if key := folded_company(name):
        for account in Account.objects.alive().filter(name_key=key).order_by("pk")[:5]:
            found.setdefault(
                account.pk, AccountMatch(account, f"It has the same name as the company of the lead, {name}.")
            )
    if domain := mail_domain(contact.email):
        for colleague in _colleagues(contact, domain):
            why = f"{colleague} works there and has an address at {domain}, too."
            found.setdefault(colleague.account_id or 0, AccountMatch(colleague.account, why))  # type: ignore[arg-type]
    return list(found.values())


SAID = ("first_name", "last_name", "email", "phone", "mobile", "company_name", "job_title", "city", "country")


def twins_of(contact: Contact, user: Any) -> Matches:
    """Whom a person may be already, by the company's rules for duplicates, each with its reasons."""
    return matches_of("crm.contact", {name: getattr(contact, name) for name in SAID}, user, but=contact.pk)


def _colleagues(contact: Contact, domain: str) -> list[Contact]:
    others = Contact.objects.alive().exclude(pk=contact.pk).filter(mail_domain=domain)
    return list(others.exclude(account=None).select_related("account").order_by("pk")[:5])


def known_person(email: str, user: User) -> tuple[Contact | None, Lead | None]:
    """Who this address belongs to, and their open lead, as far as the user may see them."""
    contact = find_contact(email)
    if contact is None:
        return None, None
    lead = Lead.objects.visible_to(user).open().filter(contact=contact).first()
    return Contact.objects.visible_to(user).filter(pk=contact.pk).first(), lead
