"""The entries that crm puts into the menu of its records and of every kind."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.hooks import records
from crm.hooks.record_commands import EVERY_KIND, OPEN, POST, SHEET, Command, register

ALL, ACCOUNT, CONTACT = [EVERY_KIND], ["crm.account"], ["crm.contact"]


def register_all() -> None:
    edit, assign, off, on = (partial(address, name) for name in ("edit", "assign", "deactivate", "reactivate"))
    register(Command("edit", ALL, _("Edit all fields"), "pencil", edit, OPEN, "change", is_unlocked, order=10))
    register(Command("assign", ALL, _("Assign…"), "user-check", assign, SHEET, "assign", order=20))
    register(Command("deactivate", ACCOUNT, _("Deactivate…"), "archive", off, SHEET, "change", is_active, order=80))
    register(Command("gone", CONTACT, _("No longer there…"), "user-off", off, SHEET, "change", is_active, order=80))
    both = [*ACCOUNT, *CONTACT]
    register(Command("access", ALL, _("Who has access…"), "users-group", access, SHEET, "view", order=30))
    merge = ["crm.account", "crm.contact", "sales.lead"]
    register(Command("merge", merge, _("Merge…"), "git-merge", partial(address, "merge"), OPEN, "merge", order=70))
    gone = _("It goes into the bin with all that hangs on it, and can be restored from there.")
    delete = partial(address, "delete")
    register(Command("delete", ALL, _("Delete"), "trash", delete, POST, "delete", confirm=gone, order=90))
    register(Command("reactivate", both, _("Reactivate"), "refresh", on, POST, "change", is_inactive, order=80))


def address(name: str, record: Any) -> str:
    return reverse(f"crm:record-{name}", args=[record._meta.label_lower, record.pk])


def access(record: Any) -> str:
    return reverse("crm:access", args=[record._meta.label_lower, record.pk])


def is_unlocked(record: Any) -> bool:
    return not records.kind_of(record).why_locked(record)


def is_active(record: Any) -> bool:
    return bool(record.is_active)


def is_inactive(record: Any) -> bool:
    return not record.is_active
