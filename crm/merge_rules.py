"""What of crm's own rows goes with a record that is merged, and what stays."""

from __future__ import annotations

from typing import Any

from auditlog.models import LogEntry

from crm.actions.accounts import lock_the_tree
from crm.actions.merge_ledger import Ledger
from crm.custom_fields.sql import CustomValue
from crm.hooks import merging, records
from crm.hooks.merging import EVERY_KIND
from crm.models import (
    Account,
    AccountRole,
    Activity,
    Attachment,
    Attendee,
    BulkItem,
    Contact,
    CustomField,
    DeletedRow,
    Deletion,
    Erasure,
    Follow,
    HandoverReceipt,
    ImportLine,
    ImportMade,
    Interaction,
    Message,
    RecordVisit,
    SearchEntry,
    Share,
    Tagging,
    Touched,
)

CONTACT, ACCOUNT = ["crm.contact"], ["crm.account"]


def register_all() -> None:
    merging.can_be_merged("crm.contact", Contact)
    merging.can_be_merged("crm.account", Account)
    merging.first("crm.tree", "crm.account", lift_the_winner)
    merging.settle("crm.tree", "crm.account", keep_the_tree)
    for kind in (*CONTACT, *ACCOUNT, "sales.lead"):
        merging.first(f"crm.lookups of {kind}", kind, point_lookups_at_the_winner)
    _people_and_companies()
    _what_hangs_on_any_record()
    _what_stays()


def _people_and_companies() -> None:
    moves = merging.moves
    moves("crm.merged_contacts", Contact, "merged_into_id", on=CONTACT, is_counted=False)
    moves("crm.merged_accounts", Account, "merged_into_id", on=ACCOUNT, is_counted=False)
    moves("crm.people", Contact, "account_id", on=ACCOUNT)
    moves("crm.children", Account, "parent_id", on=ACCOUNT)
    moves("crm.primary_contacts", Account, "primary_contact_id", on=CONTACT, is_counted=False)
    moves("crm.roles_of_contact", AccountRole, "contact_id", on=CONTACT, once_per=[["account_id", "role"]])
    moves("crm.roles_at_account", AccountRole, "account_id", on=ACCOUNT, once_per=[["contact_id", "role"]])
    moves("crm.activities_of_contact", Activity, "contact_id", on=CONTACT)
    moves("crm.activities_of_account", Activity, "account_id", on=ACCOUNT)
    moves("crm.attendances", Attendee, "contact_id", on=CONTACT, once_per=[["activity_id"]], is_counted=False)
    moves("crm.interactions_of_contact", Interaction, "contact_id", on=CONTACT)
    moves("crm.interactions_of_account", Interaction, "account_id", on=ACCOUNT)
    moves("crm.messages", Message, "contact_id", on=CONTACT)
    moves("crm.handovers", HandoverReceipt, "contact_id", on=CONTACT, is_counted=False)
    moves("crm.handed_over_leads", HandoverReceipt, "lead", on=["sales.lead"], is_counted=False)


def _what_hangs_on_any_record() -> None:
    def moves(name: str, model: Any, column: str, type_column: str, **more: Any) -> None:
        merging.moves(name, model, column, type_column, on=EVERY_KIND, **more)

    moves("crm.activities", Activity, "regarding_id", "regarding_type_id")
    moves("crm.files", Attachment, "record_id", "record_type_id")
    moves("crm.follows", Follow, "record_id", "record_type_id", once_per=[["user_id"]], is_counted=False)
    moves("crm.visits", RecordVisit, "record_id", "record_type_id", once_per=[["user_id"]], is_counted=False)
    moves("crm.tags", Tagging, "record_id", "record_type_id", once_per=[["tag_id"]], is_counted=False)
    moves("crm.shares", Share, "record", "resource", once_per=[["user_id"], ["team_id"]], is_counted=False)


def _what_stays() -> None:
    def stays(name: str, model: Any, column: str, why: str) -> None:
        merging.stays(name, model, column, on=EVERY_KIND, why=why)

    stays("crm.deletions", Deletion, "record_id", "What was deleted is told as it was.")
    stays("crm.deleted_rows", DeletedRow, "record_id", "What went along is told as it was.")
    stays("crm.history", LogEntry, "object_id", "The history of each stays its own.")
    stays("crm.sources", Interaction, "source_id", "The log names what it happened on.")
    stays("crm.bulk_items", BulkItem, "record_id", "A bulk run tells what it did to which record.")
    stays("crm.import_lines", ImportLine, "record_id", "A revert asks for the record that the import made.")
    stays("crm.import_accounts", ImportLine, "account_id", "It is read while the import runs, and asks by name.")
    stays("crm.import_likes", ImportLine, "like_id", "It tells what was alike when the file was checked.")
    stays("crm.imported", ImportMade, "record_id", "As the lines.")
    stays("crm.erasures", Erasure, "contact_id", "The proof names whom it is about.")
    stays("crm.search", SearchEntry, "record_id", "The index follows the records by itself.")
    stays("crm.touched", Touched, "contact_id", "What was touched is looked at again; the merge touches both.")


def point_lookups_at_the_winner(ledger: Ledger) -> None:
    """Custom fields that point at the loser. One of the two that points at the other keeps doing so: the id leads on."""
    kind, winner, loser = ledger.merge.kind, ledger.winner, ledger.loser
    for field in CustomField.objects.filter(type=CustomField.Type.LOOKUP, to=kind):
        model: Any = records.get(field.kind).model
        value = CustomValue(field.field_kind, field.key)
        rows = model._base_manager.alias(_points=value).filter(_points=loser.pk)
        if field.kind == kind:
            rows = rows.exclude(pk__in=[winner.pk, loser.pk])
        for row in rows.select_for_update():
            ledger.change(row, custom={**row.custom, field.key: winner.pk})


def lift_the_winner(ledger: Ledger) -> None:
    """Where the loser stands above the winner, the winner takes its place in the tree."""
    lock_the_tree()
    winner, loser = ledger.winner, ledger.loser
    if winner.parent_id and Account.objects.at_or_above(winner.parent_id).filter(pk=loser.pk).exists():
        ledger.change(winner, parent_id=loser.parent_id)


def keep_the_tree(winner: Account, loser: Account, columns: dict[str, Any]) -> dict[str, Any]:
    """A parent that stands under the winner, or is one of the two, is none to choose."""
    parent = columns.get("parent")
    if parent is None:
        return columns
    is_below = parent.pk == loser.pk or Account.objects.at_or_above(parent.pk).filter(pk=winner.pk).exists()
    return {name: value for name, value in columns.items() if name != "parent" or not is_below}
