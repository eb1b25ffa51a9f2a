"""What the bin must know about accounts, contacts and activities; and the to-dos about any record, for other apps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Q
from django.utils.translation import gettext as _

from crm.hooks import bin as hook
from crm.hooks.bin import Along, BinRule, Ids
from crm.hooks.registry import Text
from crm.models import Activity


def register_all() -> None:
    hook.register(BinRule("crm.account", "crm.account", along=activities_of_accounts))
    hook.register(BinRule("crm.contact", "crm.contact", along=activities_of_contacts))
    hook.register(BinRule("crm.activity", "crm.activity", why_not_back=activities_without_customer))


def activities_of_contacts(ids: Ids) -> Iterable[Along]:
    """Everything that was done or is to be done with them."""
    return _along(Activity.objects.filter(contact__in=ids), "contact_id")


def activities_of_accounts(ids: Ids) -> Iterable[Along]:
    """Those with the company itself; what was done with its people stays theirs, as they stay."""
    return _along(Activity.objects.filter(account__in=ids, contact=None), "account_id")


def todos_about(label: str, ids: Ids) -> Iterable[Along]:
    """The open activities about such records; what is done stays in the customer's history."""
    on = ContentType.objects.get_for_model(apps.get_model(label))
    todos = Activity.objects.filter(regarding_type=on, regarding_id__in=ids, status=Activity.Status.OPEN)
    return _along(todos, "regarding_id")


PERSON_GONE = Q(contact__deleted_at__isnull=False)
COMPANY_GONE = Q(account__deleted_at__isnull=False)


def activities_without_customer(ids: Ids) -> dict[int, Text]:
    rows = Activity._base_manager.filter(pk__in=ids)
    return customers_in_the_bin(rows.filter(PERSON_GONE | (Q(contact=None) & COMPANY_GONE)))


def customers_in_the_bin(rows: Any) -> dict[int, Text]:
    """{id: sentence} for rows that cannot come back, since their contact or account rests in the bin."""
    why = _("“%(name)s” belongs to %(customer)s, which is in the bin, too. Restore %(customer)s first.")
    return {
        row.pk: why % {"name": row, "customer": next(c for c in (row.contact, row.account) if c and c.deleted_at)}
        for row in rows.select_related("contact", "account")
    }


def _along(rows: Any, parent: str) -> Iterable[Along]:
    """Living rows, with the record that each goes along with."""
    pairs = rows.alive().order_by("pk").values_list(F(parent), "pk")
    return [(root, "crm.activity", pk) for root, pk in pairs]
