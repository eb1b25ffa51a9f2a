"""What crm itself knows of a contact and rules can test, beside its fields (facts.py): more than a field says, or by an older name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial

from babel import Locale
from django.db.models import Q, Subquery, Value
from django.db.models.functions import StrIndex, Substr
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crm.countries import countries
from crm.hooks.attributes import Attribute, Proof, register
from crm.models import Consent, Contact, Purpose
from crm.rules.columns import among, choice, column, expression, flag, text

DOMAIN = Substr("email_normal", StrIndex("email_normal", Value("@")) + 1)


def register_all() -> None:
    person = partial(_register, group="Person")
    company = partial(_register, group="Company")
    person("country", "Country", "choice", choice("country"), choices=_countries)
    person("region", "Region", "text", text("region"))
    person("city", "City", "text", text("city"))
    person("postal_code", "Postal code", "text", text("postal_code"))
    person("language", "Language", "choice", _language, choices=_languages)
    person("job_title", "Job title", "text", text("job_title"))
    person("first_name", "First name", "text", text("first_name"))
    person("last_name", "Last name", "text", text("last_name"))
    person("email", "Email", "text", text("email_normal"))
    person("email_domain", "Email domain", "text", expression(DOMAIN))
    person("origin", "Origin", "text", text("origin"))
    person("is_prospect", "Is a prospect", "yesno", flag("is_prospect"))
    person("created", "Created", "date", column("created_at"))
    person("last_active", "Last active", "date", column("last_active_at"))
    person(
        "commercial_consent", "Commercial consent", "yesno", partial(_consent, Purpose.COMMERCIAL),
        proof=partial(_said, Purpose.COMMERCIAL),
    )  # fmt: skip
    company("account", "Account name", "text", text("account__name"))
    company("industry", "Industry", "text", text("account__industry"))
    company("account_country", "Account country", "choice", choice("account__country"), choices=_countries)
    company("employees", "Employees", "number", column("account__employees"))


def _register(name: str, label: str, kind: str, to_q: object, **more: object) -> None:
    register(Attribute(name, label, kind, to_q, **more))  # type: ignore[arg-type]


def _countries() -> Sequence[tuple[str, str]]:
    """Two letters and the name in the reader's language, in the order of names."""
    return countries(get_language() or "en")


def _languages() -> Sequence[tuple[str, str]]:
    return _names_of_languages(get_language() or "en")


@cache
def _names_of_languages(language: str) -> tuple[tuple[str, str], ...]:
    names = Locale.parse(language, sep="-").languages
    return tuple(sorted(((code, name) for code, name in names.items() if len(code) == 2), key=_name))


def _name(pair: tuple[str, str]) -> str:
    return pair[1]


def _language(op: str, value: object) -> Q:
    """German is de, de-AT and de-CH."""
    match op:
        case "is":
            return Q(language__iexact=value) | Q(language__istartswith=f"{value}-")
        case "is_not":
            return ~_language("is", value)
        case "is_any_of":
            question = Q(pk__in=[])
            for one in value:  # type: ignore[attr-defined]
                question |= _language("is", one)
            return question
        case "is_none_of":
            return ~_language("is_any_of", value)
    return text("language")(op, value)


def _consent(purpose: str, op: str, value: bool) -> Q:
    """Does the address of the contact say yes to this purpose in the ledger? No entry is no."""
    yes = Consent.objects.filter(is_current=True, granted=True, purpose=purpose, topic=None, point__channel="email")
    given = among("email_normal", yes, "point__value")
    return given if value else ~given


def _said(purpose: str, contact: int, _value: object, _subject: object) -> Sequence[Proof]:
    """What the address of the contact says now: the entry of the ledger that counts."""
    address = Contact.objects.filter(pk=contact).values("email_normal")[:1]
    entries = Consent.objects.filter(
        is_current=True, purpose=purpose, topic=None, point__channel="email", point__value=Subquery(address)
    )
    return [
        Proof(_("Yes, by %s") % one.source if one.granted else _("No, by %s") % one.source, one.given_at)
        for one in entries
    ]
