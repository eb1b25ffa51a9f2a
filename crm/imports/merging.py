"""Staged lines -> accounts, contacts, history and log, a span at a time, each step one statement."""

from __future__ import annotations

import json
from datetime import datetime

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet

from crm import normal
from crm.actions.duplicates import raise_new
from crm.actions.tags import tag_each
from crm.audit import source_words
from crm.imports.judging import changes, judge, may_add_accounts, merged_custom
from crm.imports.set_kinds import Column, Flag, SetKind
from crm.imports.sql import (
    Assigned,
    array,
    as_object,
    insert,
    is_postgresql,
    json_literal,
    object_without_nulls,
    run,
    said,
)
from crm.imports.staging import CREATE, IN_SPAN, UPDATE, Span
from crm.log import quiet
from crm.models import Account, Duplicate, Import, ImportLine, ImportMade, Interaction


def merge(kind: SetKind, span: Span, now: datetime) -> None:
    """Do what the lines say, as it is true now; the caller's transaction holds the progress too."""
    _lock_keys(kind, span)
    judge(kind, span)
    if kind.has_account:
        _add_accounts(span, now)
    _allot_ids(kind, span)
    _write_history(kind, span, now, UPDATE)
    _keep_what_was(kind, span)
    _update(kind, span, now)
    _insert(kind, span, now)
    _write_history(kind, span, now, CREATE)
    _raise_the_like(kind.name, span, span.lines().filter(verdict=CREATE).values("record_id"), now)
    _put_tags(kind, span)
    if kind.log_kind:
        _tell_the_log(kind, span, now)


def _lock_keys(kind: SetKind, span: Span) -> None:
    """As capture_contact does, so that a form and an import never make the same person twice. SQLite has one writer."""
    if is_postgresql():
        noun = kind.name.rpartition(".")[2]
        run(
            f"""
            SELECT pg_advisory_xact_lock(hashtextextended('{noun}:' || k.match_key, 0)) FROM (
                SELECT l.match_key FROM crm_importline l
                WHERE {IN_SPAN} AND l.verdict = 'create' AND l.match_key <> '' ORDER BY l.match_key) k
            """,
            span.params,
        )


def _allot_ids(kind: SetKind, span: Span) -> None:
    """New records get their ids here, so that history and log can be written by set beside them."""
    if is_postgresql():
        run(
            f"""
            UPDATE crm_importline AS l SET record_id = nextval(pg_get_serial_sequence('{kind.table}', 'id'))
            WHERE {IN_SPAN} AND l.verdict = 'create'
            """,
            span.params,
        )
        return
    run(
        f"""
        UPDATE crm_importline AS l SET record_id = s.last + s.place FROM (
            SELECT l.id AS id, row_number() OVER (ORDER BY l.number) AS place,
                COALESCE((SELECT seq FROM sqlite_sequence WHERE name = '{kind.table}'), 0) AS last
            FROM crm_importline l WHERE {IN_SPAN} AND l.verdict = 'create') AS s
        WHERE s.id = l.id
        """,
        span.params,
    )


def _add_accounts(span: Span, now: datetime) -> None:
    """Accounts named in the file that nobody knows yet, if the importer may create accounts."""
    if "account" not in span.mapped or not may_add_accounts(span):
        return
    name = said("account")
    missing = f"{IN_SPAN} AND l.verdict IN ('create', 'update') AND l.account_id IS NULL AND {name} IS NOT NULL"
    assigned: Assigned = {
        **_owned(span, now),
        "name": (f"MIN({name})", []),
        "name_key": (f"MIN({said('company_key')})", []),
        "normal_version": ("%s", [normal.VERSION]),
    }
    chosen = f"FROM crm_importline l WHERE {missing} GROUP BY lower({name})"
    made = insert(Account, assigned, chosen, span.params, leave_id=True, returning=True)
    if not made:
        return
    ImportMade.objects.bulk_create([ImportMade(of=span.of, model="crm.account", record_id=pk) for pk in made])
    _write_history_of_accounts(span, made, now)
    _raise_the_like("crm.account", span, Account.objects.filter(pk__in=made).values("pk"), now)
    run(
        f"""
        UPDATE crm_importline AS l SET account_id = (
            SELECT MAX(a.id) FROM crm_account a WHERE a.name_normal = lower({name}) AND a.deleted_at IS NULL)
        WHERE {missing}
        """,
        span.params,
    )


def _raise_the_like(name: str, span: Span, new: QuerySet, now: datetime) -> None:
    """Pairs for the queue of duplicates, where that is wished: with whom was known, and among the new ones themselves."""
    if span.of.doubtful == Import.Doubtful.QUEUE:
        raise_new(name, new.order_by(), found_by=Duplicate.FoundBy.IMPORT, now=now)


def _insert(kind: SetKind, span: Span, now: datetime) -> None:
    assigned: Assigned = {**_owned(span, now), "id": ("l.record_id", [])}
    for column in kind.mapped(span.mapped):
        assigned[column.column] = (column.says if column.type else f"COALESCE({column.says}, '')", [])
    if "owner" in span.mapped:
        assigned["owner_id"] = (f"COALESCE(CAST({said('owner')} AS bigint), %s)", [span.of.owner_id])
    for form in kind.forms:
        assigned[form] = (f"COALESCE({said(form)}, '')", [])
    if kind.forms:
        assigned["normal_version"] = ("%s", [normal.VERSION])
    if kind.has_account and "account" in span.mapped:
        assigned["account_id"] = ("l.account_id", [])
        without = f"CASE WHEN l.account_id IS NULL THEN {said('account')} END"
        own = f"{said('company_name')}, " if "company_name" in span.mapped else ""
        assigned["company_name"] = (f"COALESCE({own}{without}, '')", [])
    if _has_custom(span):
        assigned["custom"] = ("""COALESCE(l."values" -> 'custom', '{}')""", [])
    insert(kind.model, assigned, f"FROM crm_importline l WHERE {IN_SPAN} AND l.verdict = 'create'", span.params)


def _update(kind: SetKind, span: Span, now: datetime) -> None:
    """Only the columns that the line changes; their normal forms are made anew by a job (crm/actions/normal_forms.py)."""
    new = _new_values(kind, span)
    tests = dict(changes(kind, span))
    columns = {name: column for name, column in _columns(kind).items() if name in tests}
    sets = [
        f"{column} = CASE WHEN {tests[name]} THEN {new[name]} ELSE c.{column} END" for name, column in columns.items()
    ]
    sets += ["version = c.version + 1", "updated_at = %s", *(["normal_version = 0"] if kind.forms else [])]
    target = f"{kind.table} AS c"
    sql = f"UPDATE {target} SET {', '.join(sets)} FROM crm_importline l WHERE c.id = l.record_id AND {IN_SPAN} AND l.verdict = 'update'"
    run(sql, [now, *span.params])


def _columns(kind: SetKind) -> dict[str, str]:
    """Name of a value -> the column that an update sets."""
    own = {column.name: column.column for column in kind.columns}
    return {"company_name": "company_name", **own, "account": "account_id", "custom": "custom"}


def _new_values(kind: SetKind, span: Span) -> dict[str, str]:
    """Name of a value -> what the record says after the update."""
    own = {column.name: column.says for column in kind.mapped(span.mapped)}
    return {"company_name": said("account"), **own, "account": "l.account_id", "custom": merged_custom(span)}


def _keep_what_was(kind: SetKind, span: Span) -> None:
    """What each update is about to change, from what to what, with the line: for the revert."""
    new, columns = _new_values(kind, span), _columns(kind)
    pairs = []
    for name, test in changes(kind, span):
        if name == "tags":
            continue
        old = as_object("c.custom") if name == "custom" else f"c.{columns[name]}"
        pairs.append((name, f"CASE WHEN {test} THEN {array(old, new[name])} END"))
    run(
        f"""
        UPDATE crm_importline AS l SET before = {object_without_nulls(pairs)}, version = c.version + 1
        FROM {kind.table} c WHERE c.id = l.record_id AND {IN_SPAN} AND l.verdict = 'update'
        """,
        span.params,
    )


def _write_history(kind: SetKind, span: Span, now: datetime, verdict: str) -> None:
    """The entries that saving one by one would have written, with their source. For updates: before they happen."""
    is_new = verdict == CREATE
    pairs = _pairs_of_new(kind, span) if is_new else _pairs_of_changed(kind, span)
    chosen = f"""
        FROM crm_importline l JOIN {kind.table} c ON c.id = l.record_id
        WHERE {IN_SPAN} AND l.verdict = '{verdict}'
    """
    shown = "trim(c.first_name || ' ' || c.last_name)" if kind.has_account else "c.name"
    _insert_entries(kind.model, span, now, is_new, shown, object_without_nulls(pairs), chosen, span.params)


def _pairs_of_new(kind: SetKind, span: Span) -> list[tuple[str, str]]:
    says = [
        (column.name, column.told(column.says) if isinstance(column, Flag) else said(column.name))
        for column in kind.mapped(span.mapped)
    ]
    if kind.has_account and "account" in span.mapped:
        says.append(("account", "CAST(l.account_id AS text)"))
    return [(name, f"CASE WHEN {text} IS NOT NULL THEN {array(_NONE, text)} END") for name, text in says]


def _pairs_of_changed(kind: SetKind, span: Span) -> list[tuple[str, str]]:
    new, columns, pairs = _new_values(kind, span), _columns(kind), []
    own = {column.name: column for column in kind.columns}
    for name, test in changes(kind, span):
        if name == "tags":
            continue  # told when they are put on
        told = own.get(name, PLAIN).told
        old = f"COALESCE({told(f'c.{columns[name]}')}, 'None')"
        pairs.append((name, f"CASE WHEN {test} THEN {array(old, told(new[name]))} END"))
    return pairs


_NONE = "'None'"
PLAIN = Column("", "")


def _insert_entries(
    model: type, span: Span, now: datetime, is_new: bool, shown: str, changed: str, chosen: str, params: list
) -> None:
    assigned: Assigned = {
        "content_type_id": ("%s", [ContentType.objects.get_for_model(model).pk]),
        "object_pk": ("CAST(c.id AS text)", []),
        "object_id": ("c.id", []),
        "object_repr": (shown, []),
        "action": ("%s", [LogEntry.Action.CREATE if is_new else LogEntry.Action.UPDATE]),
        "changes": (changed, []),
        "actor_id": ("%s", [span.of.owner_id]),
        "actor_email": ("%s", [span.of.owner.email]),
        "timestamp": ("%s", [now]),
        "additional_data": (json_literal(), [json.dumps(source_words("import", span.of.file_name, span.of))]),
    }
    insert(LogEntry, assigned, chosen, params, leave_id=True)


def _write_history_of_accounts(span: Span, made: list[int], now: datetime) -> None:
    marks = ", ".join(["%s"] * len(made))
    changed = object_without_nulls([("name", array(_NONE, "c.name"))])
    _insert_entries(Account, span, now, True, "c.name", changed, f"FROM crm_account c WHERE c.id IN ({marks})", made)


def _put_tags(kind: SetKind, span: Span) -> None:
    if "tags" not in span.mapped:
        return
    lines = list(span.lines().filter(verdict__in=[CREATE, UPDATE], values__has_key="tags"))
    found = kind.model.objects.in_bulk([line.record_id for line in lines])
    wanted = {line.record_id: line.values["tags"] for line in lines if line.record_id in found}
    fresh = tag_each([(found[pk], names) for pk, names in wanted.items()], by=span.of.owner)
    for line in lines:
        if added := fresh.get(line.record_id or 0):
            line.before = {**(line.before or {}), "tags": [[], added]}
    ImportLine.objects.bulk_update(lines, ["before"], batch_size=500)


def _tell_the_log(kind: SetKind, span: Span, now: datetime) -> None:
    fact = {"file": span.of.file_name, **quiet.mark()}
    is_person = kind.has_account
    assigned: Assigned = {
        "kind": ("%s", [kind.log_kind]),
        "contact_id": ("l.record_id" if is_person else "NULL", []),
        "account_id": ("l.account_id" if is_person else "l.record_id", []),
        "source_type": ("'crm.import'", []),
        "source_id": ("%s", [span.of.pk]),
        "actor_id": ("%s", [span.of.owner_id]),
        "data": (
            f"CASE WHEN l.verdict = 'create' THEN {json_literal()} ELSE {json_literal()} END",
            [json.dumps({**fact, "is_new": True}), json.dumps({**fact, "is_new": False})],
        ),
        "occurred_at": ("%s", [now]),
    }
    chosen = f"FROM crm_importline l WHERE {IN_SPAN} AND l.verdict IN ('create', 'update')"
    insert(Interaction, assigned, chosen, span.params, leave_id=True)


def _owned(span: Span, now: datetime) -> Assigned:
    return {
        "owner_id": ("%s", [span.of.owner_id]),
        "created_by_id": ("%s", [span.of.owner_id]),
        "created_at": ("%s", [now]),
        "updated_at": ("%s", [now]),
    }


def _has_custom(span: Span) -> bool:
    return any(name.startswith("custom.") for name in span.mapped)
