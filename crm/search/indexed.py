"""Which tables are found by words, and by which of their columns.

    LEADS = Indexed("sales.lead", "sales_lead", ("topic", "company_name"), (Join("crm_contact", "contact_id", ("last_name",)),))

in `<app>/indexed.py`; `indexed.keep(LEADS)` in wiring; `operations = sql.operations(LEADS)` in the migration that follows
the one that makes the table, with crm's migration “search” among its dependencies.
"""

from __future__ import annotations

from dataclasses import dataclass

from crm.hooks.registry import Registry


@dataclass(frozen=True)
class Join:
    """Words of another table's row: the one that the column `on` points at."""

    table: str
    on: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Indexed:
    """Rows of `table`, the table of the model `kind`, are found by `columns` and by the words of what they point at."""

    kind: str
    table: str
    columns: tuple[str, ...]
    joins: tuple[Join, ...] = ()


_kept: Registry[Indexed] = Registry("indexed table")


def keep(*tables: Indexed) -> None:
    for one in tables:
        _kept.register(one.kind, one)


def kept() -> list[Indexed]:
    return _kept.values()


def is_kept(kind: str) -> bool:
    return kind in _kept


CONTACTS = Indexed(
    "crm.contact",
    "crm_contact",
    ("first_name", "last_name", "email", "company_name", "mobile_normal", "phone"),
    (Join("crm_account", "account_id", ("name",)),),
)
ACCOUNTS = Indexed("crm.account", "crm_account", ("name", "number", "city", "email", "vat_id", "website"))
ACTIVITIES = Indexed(
    "crm.activity",
    "crm_activity",
    ("subject",),
    (Join("crm_contact", "contact_id", ("first_name", "last_name")), Join("crm_account", "account_id", ("name",))),
)
CAMPAIGNS = Indexed("crm.campaign", "crm_campaign", ("name",))
