"""What a template may know about the person it is for: plain values, read for a whole batch at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crm.models import Contact

CONTACT = frozenset(
    [
        "first_name",
        "last_name",
        "full_name",
        "job_title",
        "email",
        "phone",
        "mobile",
        "city",
        "country",
        "language",
        "account",
    ]
)
GROUPS: dict[str, frozenset[str]] = {
    "contact": CONTACT,
    "owner": frozenset({"name", "email"}),
    "sender": frozenset({"name", "email"}),
    "company": frozenset({"name", "postal_address"}),
}
LINKS = frozenset({"unsubscribe_url", "preferences_url"})
COLUMNS = (
    "pk", "first_name", "last_name", "job_title", "email", "phone", "mobile", "city", "country", "language",
    "company_name", "account__name", "owner__name", "owner__email",
)  # fmt: skip
NOBODY: dict[str, str] = {f"contact.{name}": "" for name in CONTACT} | {"owner.name": "", "owner.email": ""}


def values_by_contact(ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """By contact: “contact.first_name” and so on. One query."""
    rows = Contact.objects.filter(pk__among=ids).values_list(*COLUMNS)
    return {row[0]: _values(row) for row in rows}


def values_of(contact: Contact | None) -> dict[str, str]:
    """The values of one; all empty without one, so that every default shows."""
    return values_by_contact([contact.pk]).get(contact.pk, NOBODY) if contact else dict(NOBODY)


def _values(row: tuple[Any, ...]) -> dict[str, str]:
    _, first, last, title, email, phone, mobile, city, country, language, company, account, owner, owner_email = row
    return {
        "contact.first_name": first,
        "contact.last_name": last,
        "contact.full_name": f"{first} {last}".strip(),
        "contact.job_title": title,
        "contact.email": email,
        "contact.phone": phone,
        "contact.mobile": mobile,
        "contact.city": city,
        "contact.country": country,
        "contact.language": language,
        "contact.account": account or company,
        "owner.name": owner or "",
        "owner.email": owner_email or "",
    }
