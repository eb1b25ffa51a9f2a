"""Accounts from a file, by set: recognised by their id, their number or their name."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from crm import normal
from crm.hooks.importers import Habits, Importer, Target
from crm.imports.set_kinds import Column, Late, SetKind
from crm.imports.set_work import BySet
from crm.imports.sql import said
from crm.imports.targets import ID, may_assign, targets_of
from crm.models import Account
from crm.phones import normal_phone

TEXT = (
    "name", "number", "industry", "website", "email", "phone", "street", "postal_code", "city", "region", "country",
    "vat_id", "description",
)  # fmt: skip
OLDEST = "a.deleted_at IS NULL ORDER BY a.is_active DESC, a.id LIMIT 1"

KIND = SetKind(
    model=Account,
    name="crm.account",
    columns=(
        *(Column(name, name) for name in TEXT),
        Column("employees", "employees", "integer"),
        Column("annual_revenue", "annual_revenue", "numeric"),
        Column("currency", "currency_id", "varchar(3)"),
        Column("owner", "owner_id", "bigint"),
        Column("team", "team_id", "bigint"),
    ),
    found_by=(
        f"(SELECT a.id FROM crm_account a WHERE a.number <> '' AND a.number = {said('number')} AND {OLDEST})",
        f"(SELECT a.id FROM crm_account a WHERE a.name_normal = lower({said('name')}) AND {OLDEST})",
    ),
    needed="name",
    sentences={
        "unwanted": "No account of this name or number is known, and this import only updates.",
        "unable": "Your role does not let you create accounts.",
        "nameless": "Name is missing.",
        "known": "This account is known already, and this import only creates.",
        "unreachable": "This account is known already, and your role does not let you change it.",
        "theirs": "This account is known already, and your role does not let you give it to somebody else.",
    },
    forms=("phone_normal", "name_key", "domain"),
    late=(
        Late(
            "parent",
            "c.parent_id IS NULL",
            f"(SELECT p.name_normal FROM crm_account p WHERE p.id = c.parent_id) <> lower({said('parent')})",
        ),
        Late(
            "primary_contact",
            "c.primary_contact_id IS NULL",
            f"((SELECT p.email_normal FROM crm_contact p WHERE p.id = c.primary_contact_id) <> lower({said('primary_contact')})"
            f" AND CAST(c.primary_contact_id AS text) <> {said('primary_contact')})",
        ),
    ),
    log_kind="account.imported",
)  # fmt: skip


def targets(habits: Habits) -> list[Target]:
    own = targets_of("crm.account", habits, leave_out=[] if may_assign(habits.by, "crm.account") else ["owner"])
    return [*own, ID]


def complaint(names: set[str], creates: bool) -> str:
    if creates and "name" not in names:
        return "No column is mapped to “Name”, and a new account needs one. Map one, or choose “Only update known”."
    if not names & {"id", "number", "name"}:
        return "No column is mapped to “Name”, “Number” or “Id in Tandem”. Without one no account could be recognised."
    return ""


def finish(values: dict[str, Any]) -> str:
    """Make the normal forms that a new account needs and a possible duplicate is found by."""
    if not (values.get("name") or values.get("number") or values.get("id")):
        return "Name is missing."
    if phone := values.get("phone"):
        values["phone_normal"] = normal_phone(phone, values.get("country", ""))
    if name := values.get("name"):
        values["name_key"] = normal.folded_company(name)
    if website := values.get("website"):
        values["domain"] = normal.web_domain(website)
    if vat_id := values.get("vat_id"):
        values["vat_normal"] = normal.vat_id(vat_id)
    return ""


def key(values: dict[str, Any]) -> str:
    for name in ("id", "number"):
        if name in values:
            return f"{name}:{values[name]}"
    return f"name:{values['name'].lower()}"


IMPORTER = Importer(
    name="crm.account",
    label=_("Accounts"),
    icon="building",
    targets=targets,
    work=BySet(KIND),
    recognised=_(
        "Known accounts are recognised by their number, else by their name, or by their id where a column has it. What else "
        "may be a known account is told by your rules for duplicates."
    ),
    list_url="crm:accounts",
    complaint=complaint,
    finish=finish,
    key=key,
    same_key="The same account stands in line {line}.",
    related=_("New tags are made."),
    doubts=True,
    examples=(
        ("Name", "Number", "Industry", "Website", "Phone", "Street", "Postal code", "City", "Country", "Employees", "Parent account", "Owner"),
        ("Northwind GmbH", "A-1001", "Trade", "https://northwind.example", "+49 30 123456", "Ufer 1", "10117", "Berlin", "DE", "250", "", ""),
    ),
    order=20,
)  # fmt: skip
