"""The actions that every kind of record has, and those of contacts that other apps hook on one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.actions.activities import complete_activity
from crm.bulk import edits, export
from crm.bulk.forms import AssignForm, EditForm, ExportForm, TagsForm
from crm.hooks import bulk_actions, contact_actions
from crm.hooks.bulk_actions import Batch, BulkAction, Outcome, done, one_by_one, skipped
from crm.hooks.contact_actions import ContactAction
from crm.hooks.records import RecordKind
from crm.models import User

WITH_STATE = ("crm.account", "crm.contact")


def register_all() -> None:
    for action in (ASSIGN, EDIT, TAG, UNTAG, COMPLETE, EXPORT, DEACTIVATE, REACTIVATE, DELETE, RESTORE):
        bulk_actions.register(action)
    bulk_actions.add_actions(actions_on_one_contact)


ASSIGN = BulkAction(
    "assign", _("Assign"), "user-check", edits.assign, verb="assign", form=AssignForm, undo=edits.undo_assign,
    button=_("Assign %(what)s"), warning=_("The new owner is told."), finish=edits.tell_the_new_owner, order=10,
)  # fmt: skip
EDIT = BulkAction(
    "edit", _("Edit a field"), "pencil", edits.edit, form=EditForm, undo=edits.undo_edit,
    button=_("Change %(what)s"), order=20,
)  # fmt: skip
TAG = BulkAction(
    "tag", _("Add tags"), "tag", edits.tag, form=TagsForm, undo=edits.undo_tag, button=_("Tag %(what)s"), order=30,
)  # fmt: skip
UNTAG = BulkAction(
    "untag", _("Remove tags"), "tag-off", edits.untag, form=TagsForm, undo=edits.undo_untag,
    button=_("Take tags off %(what)s"), order=31,
)  # fmt: skip
COMPLETE = BulkAction(
    "complete", _("Mark as done"), "check", one_by_one(complete_activity), kinds=("crm.activity",),
    button=_("Mark %(what)s as done"), order=5,
)  # fmt: skip
EXPORT = BulkAction(
    "export", _("Export"), "file-export", export.write_part, verb="export", form=ExportForm, finish=export.join_parts,
    button=_("Export %(what)s"), at_once=2000, keeps_results=False, downloads=True, order=50,
)  # fmt: skip
DEACTIVATE = BulkAction(
    "deactivate", _("Deactivate"), "user-off", edits.deactivate, kinds=WITH_STATE, undo=edits.reactivate,
    button=_("Deactivate %(what)s"), order=60,
    warning=_("They stay, with their history, but are read-only, get no mail and are in no segment."),
)  # fmt: skip
REACTIVATE = BulkAction(
    "reactivate", _("Reactivate"), "refresh", edits.reactivate, kinds=WITH_STATE, undo=edits.deactivate,
    button=_("Reactivate %(what)s"), order=61,
)  # fmt: skip
DELETE = BulkAction(
    "delete", _("Delete"), "trash", edits.delete, verb="delete", undo=edits.undo_delete, undo_from_bin=True,
    button=_("Delete %(what)s"), is_dangerous=True, order=90,
    warning=_("They go into the bin with all that hangs on them, and can be restored from there."),
)  # fmt: skip
RESTORE = BulkAction(
    "restore", _("Restore"), "restore", edits.restore, verb="delete", from_bin=True, button=_("Restore %(what)s"),
    order=95,
)  # fmt: skip


def actions_on_one_contact(kind: str) -> Iterable[BulkAction]:
    """“Add to a list”, “Add to journey”: what crm/hooks/contact_actions.py offers on one contact, on many."""
    return [_on_many(action) for action in contact_actions.all_actions()] if kind == "crm.contact" else []


def _on_many(action: ContactAction) -> BulkAction:
    return BulkAction(
        action.name, action.label, "users-plus", partial(_run_many, action), kinds=("crm.contact",), verb="view",
        form=partial(_form, action) if action.form else None, permission=action.permission, order=40,
    )  # fmt: skip


def _form(action: ContactAction, kind: RecordKind, user: User, data: Any = None) -> Any:
    """`form(user)` answers a form class or an unbound form."""
    assert action.form is not None
    made = action.form(user)
    if isinstance(made, type):
        return made(data)
    if data is not None:
        made.data, made.is_bound = data, True
    return made


def _run_many(action: ContactAction, batch: Batch) -> Mapping[int, Outcome]:
    """All at once where the action can say who was left out, and why; else one by one, with what it says of each."""
    if action.run_many is None:
        return one_by_one(lambda row, *, by, **values: action.run([row.pk], by=by, **values))(batch)
    left_out = action.run_many([row.pk for row in batch.rows], by=batch.by, **batch.values)
    return {row.pk: skipped(left_out[row.pk]) if row.pk in left_out else done() for row in batch.rows}
