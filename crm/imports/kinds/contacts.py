"""Contacts from a file, by set: recognised by their id or their email address."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from crm import normal
from crm.hooks.importers import Habits, Importer, Target
from crm.imports.headers import WORDS
from crm.imports.set_kinds import Address, Column, Flag, SetKind
from crm.imports.set_work import BySet
from crm.imports.sql import said
from crm.imports.targets import ID, may_assign, targets_of
from crm.models import Contact
from crm.phones import normal_phone

FULL_NAME = Target("full_name", _("Full name"), "text", WORDS["full_name"], None, 200)
ACCOUNT = Target("account", _("Account"), "lookup", WORDS["account"], None, 200, "crm.account")
TEXT = (
    "first_name", "last_name", "company_name", "job_title", "department", "phone", "mobile", "street", "postal_code",
    "city", "region", "country", "language", "time_zone", "description", "origin",
)  # fmt: skip

KIND = SetKind(
    model=Contact,
    name="crm.contact",
    columns=(
        Address("email", "email"),
        *(Column(name, name) for name in TEXT),
        *(Flag(name, name) for name in ("do_not_email", "do_not_sms", "do_not_phone")),
        Column("owner", "owner_id", "bigint"),
        Column("team", "team_id", "bigint"),
    ),
    found_by=(
        f"""(SELECT c.id FROM crm_contact c WHERE c.email_normal = lower({said("email")}) AND c.deleted_at IS NULL
            ORDER BY c.is_active DESC, c.last_active_at DESC NULLS LAST, c.id DESC LIMIT 1)""",
    ),
    needed="last_name",
    sentences={
        "unwanted": "Nobody like this is known, and this import only updates.",
        "unable": "Your role does not let you create contacts.",
        "nameless": "Last name is missing.",
        "known": "This person is known already, and this import only creates.",
        "unreachable": "This person is known already, and your role does not let you change them.",
        "theirs": "This person is known already, and your role does not let you give them to somebody else.",
    },
    forms=("mobile_normal", "phone_normal", "name_key", "company_key", "mail_domain"),
    found_by_forms=("email_normal",),
    has_account=True,
    log_kind="contact.imported",
)  # fmt: skip


def targets(habits: Habits) -> list[Target]:
    left_out = ["account", *([] if may_assign(habits.by, "crm.contact") else ["owner"])]
    own = targets_of("crm.contact", habits, leave_out=left_out)
    first = [target for target in own if target.name in ("email", "first_name", "last_name")]
    return [*first, FULL_NAME, ACCOUNT, *(target for target in own if target not in first), ID]


def complaint(names: set[str], creates: bool) -> str:
    if "full_name" in names and names & {"first_name", "last_name"}:
        return "“Full name” and “First name” or “Last name” cannot both be mapped. Choose one way."
    if creates and not names & {"last_name", "full_name"}:
        return (
            "No column is mapped to “Last name” or “Full name”, and a new contact needs a name. Map one, or choose "
            "“Only update known”."
        )
    if not creates and not names & {"id", "email"}:
        return "No column is mapped to “Email” or “Id in Tandem”. Without one nobody could be recognised."
    return ""


def finish(values: dict[str, Any]) -> str:
    """Split a full name, and make the normal forms that a new contact needs and a possible duplicate is found by."""
    if full := values.pop("full_name", ""):
        first, _, last = full.rpartition(" ")
        if "," in full:
            last, _, first = (part.strip() for part in full.partition(","))
        if len(first) > 100 or len(last) > 100:
            return "Full name is too long: first and last name may have 100 characters each."
        values["last_name"] = last or first
        if first and last:
            values["first_name"] = first
    if not (values.get("email") or values.get("id") or values.get("last_name")):
        return "Both last name and email are missing."
    country = values.get("country", "")
    for number in ("mobile", "phone"):
        if cell := values.get(number):
            values[f"{number}_normal"] = normal_phone(cell, country)
    if last := values.get("last_name"):
        values["name_key"] = normal.folded_person(values.get("first_name", ""), last)
    if company := values.get("account") or values.get("company_name"):
        values["company_key"] = normal.folded_company(company)
    if address := values.get("email"):
        values["mail_domain"] = normal.mail_domain(address)
    return ""


def key(values: dict[str, Any]) -> str:
    """Who has no address is told apart by name, company and number."""
    if "id" in values:
        return f"id:{values['id']}"
    if address := values.get("email"):
        return str(address).lower()
    return "|".join(values.get(name, "") for name in ("name_key", "company_key", "mobile_normal", "phone_normal"))


IMPORTER = Importer(
    name="crm.contact",
    label=_("Contacts"),
    icon="user",
    targets=targets,
    work=BySet(KIND),
    recognised=_(
        "Known people are recognised by their email address, or by their id where a column has it. Who else may be somebody "
        "known is told by your rules for duplicates."
    ),
    list_url="crm:contacts",
    complaint=complaint,
    finish=finish,
    key=key,
    same_key="The same person stands in line {line}.",
    related=_("Companies that no account has yet become accounts; new tags are made."),
    doubts=True,
    examples=(
        ("First name", "Last name", "Email", "Company", "Job title", "Mobile", "City", "Country", "Owner", "Tags"),
        ("Asha", "Rao", "asha@northwind.example", "Northwind", "Head of IT", "+91 98200 12345", "Pune", "IN", "", "fair, vip"),
    ),
    order=10,
)  # fmt: skip
