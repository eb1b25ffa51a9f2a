"""Whom a line that is about nobody known may be all the same, by the company's own rules for duplicates, in SQL.

The rules are those of pages, forms, API and search (crm/queries/likeness.py); what is raised for review once a record is made
is in crm/actions/duplicates.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from crm.imports.set_kinds import SetKind
from crm.imports.staging import CREATE, LONGEST_PROBLEM, SKIP, Span
from crm.models import DuplicateRule, Import, ImportLine
from crm.queries.duplicates import columns_of
from crm.queries.likeness import are_alike, comparable, forms_of_rule, reasons_in_words, rules_of

NOBODY = "CAST(NULL AS bigint)"
FORMS_COME_FROM = {
    "email_normal": {"email"},
    "mobile_normal": {"mobile"},
    "phone_normal": {"phone"},
    "name_key": {"name", "last_name", "full_name"},
    "company_key": {"account", "company_name"},
    "mail_domain": {"email"},
    "domain": {"website"},
    "vat_normal": {"vat_id"},
}
"""The columns of a file from which a line gets each form: without them nothing need be asked."""


def like(kind: SetKind, span: Span) -> tuple[str, list[Any]]:
    """SQL and parameters: the record that the line `f` is like by the surest rule, the oldest of several; else NULL.

    Those whom this import made itself are not asked for: they are raised for review where that is wished.
    """
    ways = [] if span.of.policy == Import.Policy.UPDATE else _ways(kind, span)
    if not ways:
        return NOBODY, []
    return f"CASE WHEN f.found_id IS NULL THEN COALESCE({', '.join(ways)}, NULL) END", [span.of.started_at] * len(ways)


def _ways(kind: SetKind, span: Span) -> list[str]:
    return [
        _oldest(kind, rule, mine)
        for rule in rules_of(kind.name)
        for mine in product(*(form.columns for form in forms_of_rule(rule)))
        if _can_be_said(mine, span) and not (len(mine) == 1 and mine[0] in kind.found_by_forms)
    ]


def _can_be_said(columns: Sequence[str], span: Span) -> bool:
    return all(FORMS_COME_FROM[column] & span.mapped for column in columns)


def _oldest(kind: SetKind, rule: DuplicateRule, mine: Sequence[str]) -> str:
    """Of the few records that share these forms of the line; where too many do, it says nothing. Never reads more."""
    condition = "c.deleted_at IS NULL" + (" AND c.is_active" if rule.leaves_out_inactive else "")
    arms = []
    for number, theirs in enumerate(product(*(form.columns for form in forms_of_rule(rule)))):
        same = " AND ".join(f"c.{t} = {_said(m)} AND NOT (c.{t} = '')" for t, m in zip(theirs, mine, strict=True))
        read = f"SELECT c.id, c.created_at FROM {kind.table} c WHERE {same} AND {condition}"
        arms.append(f"SELECT * FROM ({read} LIMIT {rule.largest_group:d}) a{number}")
    few = f"SELECT DISTINCT * FROM ({' UNION ALL '.join(arms)}) u"
    oldest = f"CASE WHEN count(*) < {rule.largest_group:d} THEN min(CASE WHEN created_at < %s THEN id END) END"
    return f"(SELECT {oldest} FROM ({few}) few)"


def _said(column: str) -> str:
    return "lower(f.\"values\" ->> 'email')" if column == "email_normal" else f"f.\"values\" ->> '{column}'"


def name_the_like(kind: SetKind, span: Span) -> None:
    """“Possibly the same as “Asha Rao” (id 12): same mobile +4915123456789.” An unseen one is not named."""
    rows = span.lines().filter(like_id__isnull=False, problem="", verdict__in=[SKIP, CREATE])
    lines = list(rows.only("pk", "values", "like_id"))
    if not lines:
        return
    ids = {line.like_id for line in lines}
    paths = ("account",) if kind.has_account else ()
    found = kind.model.objects.select_related(*paths).in_bulk(ids)
    seen = set(kind.model.objects.visible_to(span.of.owner).filter(pk__in=ids).values_list("pk", flat=True))
    rules = rules_of(kind.name)
    for line in lines:
        record = found.get(line.like_id)
        who = f"“{str(record)[:80]}” (id {line.like_id})" if line.like_id in seen else "a record that you may not see"
        reasons = _reasons(kind, rules, line.values, record) if record else []
        line.problem = f"Possibly the same as {who}: {get_text_list(reasons, _('and'))}."[:LONGEST_PROBLEM]
    ImportLine.objects.bulk_update(lines, ["problem"], batch_size=500)


def _reasons(kind: SetKind, rules: Sequence[DuplicateRule], values: dict[str, Any], record: Any) -> list[str]:
    typed = kind.model(**{name: values[name] for name in columns_of(kind.name) if name in values and name != "account"})
    if kind.has_account and "account" in values:
        typed.company_name = values["account"]
    mine, theirs = comparable(typed), comparable(record)
    keys = [rule.key for rule in rules if are_alike(rule, mine, theirs)]
    return reasons_in_words(kind.name, keys, typed, record)
