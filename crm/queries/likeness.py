"""What two records can have in common: the forms that duplicate rules name, and how a reason reads in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from crm import normal
from crm.hooks.registry import Text
from crm.models import Account, Contact, DuplicateRule
from crm.models.duplicates import KINDS

LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Form:
    """Something that can be the same. `columns` hold its normal form, `fields` what a person typed, in the same order.

    A form with several columns is the same where any of them equals any of the other record's: one's mobile may be the
    other's phone. `labels` name each column for “same …”; `is_shown` says whether the value helps whoever reads that.
    """

    name: str
    label: Text
    columns: tuple[str, ...]
    fields: tuple[str, ...] = ()
    labels: tuple[Text, ...] = ()
    is_shown: bool = False


FORMS: Mapping[str, Mapping[str, Form]] = {
    kind: {form.name: form for form in forms}
    for kind, forms in {
        "crm.contact": (
            Form("email", lazy("email"), ("email_normal",), ("email",), (lazy("email"),), True),
            Form(
                "number",
                lazy("phone number"),
                ("mobile_normal", "phone_normal"),
                ("mobile", "phone"),
                (lazy("mobile"), lazy("phone")),
                True,
            ),
            Form("name", lazy("name"), ("name_key",)),
            Form("company", lazy("company"), ("company_key",)),
            Form("domain", lazy("mail domain"), ("mail_domain",), ("mail_domain",), (lazy("mail domain"),), True),
        ),
        "crm.account": (
            Form("name", lazy("name"), ("name_key",)),
            Form("domain", lazy("website"), ("domain",), ("domain",), (lazy("website"),), True),
            Form("vat", lazy("VAT id"), ("vat_normal",), ("vat_id",), (lazy("VAT id"),), True),
            Form("number", lazy("phone number"), ("phone_normal",), ("phone",), (lazy("phone"),), True),
            Form("email", lazy("email"), ("email_normal",), ("email",), (lazy("email"),), True),
        ),
    }.items()
}


def key_of(kind: str, names: Iterable[str]) -> str:
    """The key of a rule: its forms in the order of `FORMS`, so that a rule is made once however its forms were chosen."""
    chosen = set(names)
    return "+".join(name for name in FORMS[kind] if name in chosen)


def rules_of(kind: str) -> list[DuplicateRule]:
    """The rules in use whose forms are known, the surest first."""
    rules = DuplicateRule.objects.filter(kind=kind, is_active=True).order_by("-strength", "pk")
    return [rule for rule in rules if all(name in FORMS[kind] for name in rule.forms)]


def forms_of_rule(rule: DuplicateRule) -> list[Form]:
    return [FORMS[rule.kind][name] for name in rule.forms]


def label_of(kind: str, key: str) -> str:
    """“email”, “name and company”."""
    return get_text_list([str(FORMS[kind][name].label) for name in key.split("+") if name in FORMS[kind]], _("and"))


def comparable(record: Contact | Account) -> dict[str, str]:
    """Every form of a record by its column, also of one that was never saved."""
    made = {"email_normal": record.email.strip().lower(), **record.forms()}
    if isinstance(record, Account):
        made["vat_normal"] = normal.vat_id(record.vat_id)
    return made


def reasons_in_words(kind: str, keys: Iterable[str], one: Any, other: Any) -> list[str]:
    """“same mobile +49 151 2345678”, “same name and company”: what the rules of these keys found in common."""
    named = [name for name in FORMS[kind] if any(name in key.split("+") for key in keys)]
    mine, theirs = comparable(one), comparable(other)
    told, quiet = [], []
    for form in (FORMS[kind][name] for name in named):
        if not form.is_shown:
            quiet.append(str(form.label))
        elif said := _shared(form, mine, theirs, one):
            told.append(said)
    return [*told, *([_("same %s") % get_text_list(quiet, _("and"))] if quiet else [])]


def _shared(form: Form, mine: Mapping[str, str], theirs: Mapping[str, str], one: Any) -> str:
    """The column that both share, with its value as the first of them has it."""
    others = {theirs[column] for column in form.columns} - {""}
    for column, field, label in zip(form.columns, form.fields, form.labels, strict=True):
        if mine[column] in others:
            value = str(getattr(one, field) or mine[column])[:LONGEST_SHOWN]
            return _("same %(what)s %(value)s") % {"what": label, "value": value}
    return ""


def are_alike(rule: DuplicateRule, mine: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    """Do two records, by their comparable forms, have all forms of the rule in common?"""
    return all(
        {mine[column] for column in form.columns} & {theirs[column] for column in form.columns} - {""}
        for form in forms_of_rule(rule)
    )


assert set(FORMS) == set(KINDS)
