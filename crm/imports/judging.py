"""A verdict on each line of a span, by set: known, new, changed, unchanged, not allowed, or perhaps somebody known."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType

from crm.access.depths import Depth, depth_of, may
from crm.imports.likeness import NOBODY, like, name_the_like
from crm.imports.set_kinds import SetKind
from crm.imports.sql import as_object, embedded, is_postgresql, joined, run, said
from crm.imports.staging import ERROR, IN_SPAN, SAME, UPDATE, Span
from crm.models import Account, Import

POLICY, KNOWN, DOUBTFUL = Import.Policy, Import.Known, Import.Doubtful


def judge(kind: SetKind, span: Span) -> None:
    """Known or new, changed or not, allowed or not: one statement.

    The run asks once more, in its own transaction, since somebody may have come or gone since the check; only lines that
    answer otherwise are written then.
    """
    verdicts = "('create', 'update', 'same')" if span.is_run else "('')"
    changed = (
        """AND (l.verdict <> s.verdict OR COALESCE(l.record_id, 0) <> COALESCE(s.found_id, 0)
            OR COALESCE(l.account_id, 0) <> COALESCE(s.account_id, 0) OR COALESCE(l.like_id, 0) <> COALESCE(s.like_id, 0))"""
        if span.is_run
        else ""
    )
    account, seen = _account_of(kind, span), _seen_of(kind, span)
    first, first_params = _reach(kind, span)
    alike, like_params = like(kind, span)
    cases = _cases(kind, span)
    sentences = _sentences(kind)
    run(
        f"""
        {first}
        UPDATE crm_importline AS l
        SET record_id = s.found_id, account_id = s.account_id, like_id = s.like_id, verdict = s.verdict,
            problem = CASE s.reason {"".join(f"WHEN '{name}' THEN %s " for name in sentences)} ELSE '' END
        FROM (
            SELECT k.*, CASE k.reason WHEN '' THEN k.fine WHEN 'unwanted' THEN 'skip' WHEN 'known' THEN 'skip'
                WHEN 'doubtful' THEN 'skip' ELSE 'error' END AS verdict
            FROM (
                SELECT l.id, l.found_id, l.account_id, l.like_id, {cases}
                FROM (
                    SELECT f.id, f."values", f.found_id, f.account_id, {alike} AS like_id
                    FROM (
                        SELECT l.id, l."values", {_found(kind, seen)} AS found_id, {account} AS account_id
                        FROM crm_importline l WHERE {IN_SPAN} AND l.verdict IN {verdicts}
                    ) AS f
                ) AS l LEFT JOIN {kind.table} c ON c.id = l.found_id
            ) AS k
        ) AS s
        WHERE l.id = s.id {changed}
        """,
        [*first_params, *sentences.values(), *like_params, *span.params],
    )
    _refuse_the_unreachable(kind, span)
    name_the_like(kind, span)


def changes(kind: SetKind, span: Span) -> list[tuple[str, str]]:
    """(name of a value, test): true of a known record `c` where the line `l` changes that value of it."""
    fills = span.of.known == KNOWN.FILL
    tests = [(column.name, column.takes(fills=fills)) for column in kind.mapped(span.mapped)]
    if kind.has_account and "account" in span.mapped:
        tests += _changes_of_account(span, fills)
    if any(name.startswith("custom.") for name in span.mapped):
        tests.append(
            ("custom", f"""(l."values" -> 'custom' IS NOT NULL AND {merged_custom(span)} <> {as_object("c.custom")})""")
        )
    if "tags" in span.mapped:
        tests.append(("tags", _has_new_tag(kind)))
    return tests


def merged_custom(span: Span) -> str:
    """The custom values of the record `c` with those of the line `l`."""
    new, old = ("""(l."values" -> 'custom')""", "c.custom")  # in brackets: -> and || bind alike
    return joined(new, old) if span.of.known == KNOWN.FILL else joined(old, new)


def may_add_accounts(span: Span) -> bool:
    return span.of.creates_related and may(span.of.owner, "crm.account", "add")


def _changes_of_account(span: Span, fills: bool) -> list[tuple[str, str]]:
    """The account as it is known by now. Where none may be made, an unknown company is kept as text."""
    differs = "c.account_id IS NULL" if fills else "l.account_id <> COALESCE(c.account_id, 0)"
    tests = [("account", f"(l.account_id IS NOT NULL AND {differs})")]
    if not may_add_accounts(span) and "company_name" not in span.mapped:
        differs = "c.company_name = ''" if fills else f"c.company_name <> {said('account')}"
        tests.append(("company_name", f"({UNKNOWN_ACCOUNT} AND {differs})"))
    return tests


UNKNOWN_ACCOUNT = f"({said('account')} IS NOT NULL AND l.account_id IS NULL)"


def _further_changes(kind: SetKind, span: Span) -> list[str]:
    """What makes an update without being written by it: accounts that are yet to be made, ties made in the end."""
    fills = span.of.known == KNOWN.FILL
    tests = [
        f"({said(late.name)} IS NOT NULL AND ({late.is_blank}{'' if fills else f' OR {late.differs}'}))"
        for late in kind.late
        if late.name in span.mapped
    ]
    if kind.has_account and "account" in span.mapped and may_add_accounts(span):
        tests.append(f"({UNKNOWN_ACCOUNT} AND c.account_id IS NULL)" if fills else UNKNOWN_ACCOUNT)
    return tests


def _has_new_tag(kind: SetKind) -> str:
    each = (
        """jsonb_array_elements_text(l."values" -> 'tags') AS word(value)"""
        if is_postgresql()
        else """json_each(l."values", '$.tags') AS word"""
    )
    on = ContentType.objects.get_for_model(kind.model).pk
    return f"""(l."values" -> 'tags' IS NOT NULL AND EXISTS (SELECT 1 FROM {each} WHERE NOT EXISTS (
        SELECT 1 FROM crm_tagging t JOIN crm_tag g ON g.id = t.tag_id
        WHERE t.record_type_id = {on:d} AND t.record_id = c.id AND lower(g.name) = lower(word.value))))"""


def _found(kind: SetKind, seen: str) -> str:
    """The id where the line gives one, and then only that; else whatever is the surest."""
    by_id = (
        f"(SELECT c.id FROM {kind.table} c WHERE c.id = CAST({said('id')} AS bigint) AND c.deleted_at IS NULL{seen})"
    )
    others = ", ".join(kind.found_by)
    return f"CASE WHEN {said('id')} IS NOT NULL THEN {by_id} ELSE COALESCE({others}, NULL) END"


def _reach(kind: SetKind, span: Span) -> tuple[str, list[Any]]:
    """“WITH …”: what the importer sees, where that is not everything. At the head of the statement, since SQLite does not
    read it in the depth where it is asked.
    """
    parts, params = [], []
    seen: tuple[tuple[str, Any], ...] = (("seen_records", kind.model), ("seen_accounts", Account))
    for name, model in seen:
        if depth_of(span.of.owner, model._meta.label_lower, "view") != Depth.ALL:
            inside, given = embedded(model.objects.visible_to(span.of.owner).order_by().values("pk"))
            parts.append(f"{name}(id) AS NOT MATERIALIZED ({inside})")
            params += given
    return f"WITH {', '.join(parts)}" if parts else "", params


def _seen_of(kind: SetKind, span: Span) -> str:
    """Of an id that is unseen one must not even learn that it exists."""
    if depth_of(span.of.owner, kind.name, "view") == Depth.ALL:
        return ""
    return " AND c.id IN (SELECT id FROM seen_records)"


def _account_of(kind: SetKind, span: Span) -> str:
    """The account of this name, the oldest active one of several; else of this number; as far as the importer sees it."""
    if not (kind.has_account and "account" in span.mapped):
        return NOBODY
    is_all = depth_of(span.of.owner, "crm.account", "view") == Depth.ALL
    seen = "" if is_all else " AND a.id IN (SELECT id FROM seen_accounts)"
    alive = f"a.deleted_at IS NULL{seen} ORDER BY a.is_active DESC, a.id LIMIT 1"
    by_name = f"SELECT a.id FROM crm_account a WHERE a.name_normal = lower({said('account')}) AND {alive}"
    by_number = f"SELECT a.id FROM crm_account a WHERE a.number <> '' AND a.number = {said('account')} AND {alive}"
    return f"COALESCE(({by_name}), ({by_number}))"


def _cases(kind: SetKind, span: Span) -> str:
    """Columns `reason` (why not, "" where nothing speaks against it) and `fine` (the verdict then)."""
    of = span.of
    new = f"WHEN {said(kind.needed)} IS NULL THEN 'nameless'"
    if of.policy == POLICY.UPDATE:
        new = "WHEN TRUE THEN 'unwanted'"
    elif not may(of.owner, kind.name, "add"):
        new = "WHEN TRUE THEN 'unable'"
    elif of.doubtful == DOUBTFUL.SKIP:
        new += " WHEN l.like_id IS NOT NULL THEN 'doubtful'"
    changed = " OR ".join([*(test for _, test in changes(kind, span)), *_further_changes(kind, span)]) or "FALSE"
    known = f"CASE WHEN NOT c.is_active AND ({changed}) THEN 'locked' ELSE '' END"
    if of.policy == POLICY.CREATE:
        known = "'known'"
    return (
        f"CASE WHEN l.found_id IS NOT NULL THEN {known} "
        f"WHEN {said('id')} IS NOT NULL THEN 'gone' {new} ELSE '' END AS reason, "
        f"CASE WHEN l.found_id IS NULL THEN 'create' WHEN {changed} THEN 'update' ELSE 'same' END AS fine"
    )


def _sentences(kind: SetKind) -> dict[str, str]:
    return {
        "gone": "There is nothing with this id, or you may not see it.",
        "locked": "It is inactive, and so read-only. Reactivate it to change it.",
        "doubtful": "",
        **kind.sentences,
    }


def _refuse_the_unreachable(kind: SetKind, span: Span) -> None:
    """Known records that the importer may not change are errors; so is giving away those that he may not give away."""
    owner = span.of.owner
    for verb, sentence in _needed_verbs(span):
        if depth_of(owner, kind.name, verb) == Depth.ALL:
            continue
        reachable = kind.model.objects.reachable_by(owner, verb).values("pk")
        known = span.lines().filter(verdict__in=[UPDATE, SAME])
        known.exclude(record_id__in=reachable).update(verdict=ERROR, problem=kind.sentences[sentence])


def _needed_verbs(span: Span) -> list[tuple[str, str]]:
    gives_away = bool({"owner", "team"} & span.mapped)
    return [("change", "unreachable"), *([("assign", "theirs")] if gives_away else [])]
