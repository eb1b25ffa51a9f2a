"""Capturing a person: find the contact by the normal form of the address, or make a prospect. The only door for strangers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from crm.actions.duplicates import raise_duplicates
from crm.models import Contact, Duplicate
from crm.phones import may_be_mobile

if TYPE_CHECKING:
    from crm.models import User


@transaction.atomic
def capture_contact(
    *,
    email: str,
    first_name: str = "",
    last_name: str = "",
    phone: str = "",
    company: str = "",
    country: str = "",
    job_title: str = "",
    city: str = "",
    origin: str = "",
    by: User | None = None,
) -> tuple[Contact, bool]:
    """The contact with this address, or a new prospect; answers (contact, is_new). Forms, events and leads all come here.

    The address decides, in its normal form: trimmed, lower case. Of several contacts with one address the most recently
    active wins. What is known already is never overwritten by what a stranger typed; only blanks are filled. Without an
    address nobody is looked for: a new prospect is made. Whom a new one is like in another way (a number, name and company), and
    whoever shares the address, is raised as a duplicate to review. `country` is two letters. `phone` goes to `mobile` where it may
    be a mobile number, else to `phone`. `by` is the user who typed it, or None where the person came by themselves, which counts as
    activity. Two captures of one address wait for each other until the first one's transaction ends.
    """
    email = email.strip()
    lock_address(email.lower())
    known = find_contact(email)
    facts = _facts(first_name, last_name, phone, company, country, job_title, city)
    if known is None:
        made = _new_prospect(email, facts, origin, by)
        raise_duplicates([made], found_by=Duplicate.FoundBy.CAPTURE)
        return made, True
    raise_namesakes(known)
    return _filled(known, facts, is_activity=by is None), False


def find_contact(email: str) -> Contact | None:
    """The contact that this address stands for: the active one before the inactive, then the most recently active.

    An address that only a merged contact has stands for whom it was merged into.
    """
    normal = email.strip().lower()
    if not normal:
        return None
    recent = F("last_active_at").desc(nulls_last=True)
    living = Contact.objects.alive()
    known = living.filter(email_normal=normal).order_by("-is_active", recent, "-pk").first()
    merged = Contact._base_manager.filter(email_normal=normal).exclude(merged_into=None).values("merged_into")
    return known or living.filter(pk__in=merged).order_by("-is_active", recent, "-pk").first()


def raise_namesakes(known: Contact) -> None:
    """Several contacts with one address: one of them took what came in, and the pairs are to be looked at."""
    if Contact.objects.alive().filter(email_normal=known.email_normal).exclude(pk=known.pk).exists():
        raise_duplicates([known], found_by=Duplicate.FoundBy.CAPTURE)


def lock_address(normal: str) -> None:
    """Hold this address until the transaction ends. SQLite has one writer, so there the transaction itself is the lock."""
    if normal and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"contact:{normal}"])


def _facts(
    first_name: str, last_name: str, phone: str, company: str, country: str, job_title: str, city: str
) -> dict[str, str]:
    column = "mobile" if may_be_mobile(phone, country) else "phone"
    facts = {
        "first_name": first_name,
        "last_name": last_name,
        column: phone,
        "company_name": company,
        "country": country.upper(),
        "job_title": job_title,
        "city": city,
    }
    return {
        name: value.strip()[: Contact._meta.get_field(name).max_length]  # type: ignore[union-attr]
        for name, value in facts.items()
        if value.strip()
    }


def _new_prospect(email: str, facts: dict[str, str], origin: str, by: User | None) -> Contact:
    """Nobody stays nameless: without any name, the address's local part stands in as the last name."""
    if not facts.get("last_name"):
        facts["last_name"] = (
            facts.pop("first_name", "") or email.partition("@")[0] or facts.get("company_name", "Unknown")
        )
    return Contact.objects.create(
        **facts,
        email=email,
        origin=origin[:100],
        is_prospect=True,
        owner=None,
        created_by=by,
        last_active_at=timezone.now() if by is None else None,
    )


def _filled(contact: Contact, facts: dict[str, str], *, is_activity: bool) -> Contact:
    blanks = {name: value for name, value in facts.items() if not getattr(contact, name)}
    if contact.account_id:
        blanks.pop("company_name", None)
    if is_activity:
        contact.last_active_at = timezone.now()
    for name, value in blanks.items():
        setattr(contact, name, value)
    if blanks:
        contact.version += 1
        contact.save()
    elif is_activity:
        contact.save(update_fields=["last_active_at"])
    return contact
