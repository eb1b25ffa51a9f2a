"""The tree that an account stands in: the way up, what is below, and what adds up over each branch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.expressions import RawSQL

from crm.hooks.rollups import Rollup, all_rollups
from crm.models import Account

MOST_ABOVE, MOST_BELOW = 12, 100
Sums = dict[str, "Sum"]

BRANCHES = """
    branch(top, id) AS (
        SELECT id, id FROM crm_account WHERE id IN ({ids})
        UNION SELECT branch.top, below.id FROM crm_account below JOIN branch ON below.parent_id = branch.id
        WHERE below.deleted_at IS NULL)
"""


@dataclass(frozen=True)
class Sum:
    """How many, and what they are worth in the base currency (None where they are worth nothing)."""

    count: int
    amount: Decimal | None = None


@dataclass(frozen=True)
class Node:
    """One line of the tree. `account` is None where its reader may not see it; `skipped` levels are left out before it."""

    pk: int
    account: Account | None
    has_children: bool
    is_current: bool
    sums: Sums
    skipped: int = 0


@dataclass(frozen=True)
class Tree:
    """The way from the top down to an account (last), and what is right below it; `more` children are not shown."""

    path: list[Node]
    children: list[Node]
    more: int


def tree_of(account: Account, user: Any) -> Tree:
    """At any depth: of a long way up, the top and the nearest levels are shown."""
    ids = way_up(account)
    shown, skipped = (ids, 0) if len(ids) <= MOST_ABOVE else (ids[:2] + ids[2 - MOST_ABOVE :], len(ids) - MOST_ABOVE)
    children, more = _children(account.pk, user)
    sums = sums_of([*shown, *(child.pk for child in children)], user)
    seen = _with_children(Account.objects.visible_to(user), user).in_bulk(shown)
    path = [
        Node(pk, seen.get(pk), bool(getattr(seen.get(pk), "has_children", True)), pk == account.pk, sums.get(pk, {}),
             skipped if at == 2 else 0)
        for at, pk in enumerate(shown)
    ]  # fmt: skip
    return Tree(path, _nodes(children, sums), more)


def below(pk: int, user: Any) -> tuple[list[Node], int]:
    """The accounts right below one, for whoever opens its line; and how many more there are."""
    children, more = _children(pk, user)
    return _nodes(children, sums_of([child.pk for child in children], user)), more


def way_up(account: Account) -> list[int]:
    """The ids from the top down to the account itself, whoever may see them; a circle made by hand ends."""
    parents = dict(Account.objects.at_or_above(account.pk).values_list("pk", "parent_id"))
    way = [account.pk]
    while (above := parents.get(way[-1])) and above not in way:
        way.append(above)
    return way[::-1]


def sums_of(tops: Iterable[int], user: Any) -> dict[int, Sums]:
    """What adds up over the branch of each of these accounts, by one recursive query."""
    ids = sorted(set(tops))
    if not ids:
        return {}
    rollups = all_rollups()
    parts, params = zip(*(_part(number, rollup, user) for number, rollup in enumerate(rollups)), strict=True)
    columns = "".join(f", SUM(r{n}.n), SUM(r{n}.amount)" for n in range(len(rollups)))
    joins = "".join(f" LEFT JOIN r{n} ON r{n}.account = branch.id" for n in range(len(rollups)))
    branches = BRANCHES.format(ids=", ".join(str(int(pk)) for pk in ids))
    inside = "COUNT(CASE WHEN branch.id <> branch.top THEN seen.id END)"
    accounts, visible = _seen(user)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE {branches}, seen(id) AS ({accounts}), {', '.join(parts)}"
            f" SELECT branch.top, {inside}{columns} FROM branch LEFT JOIN seen ON seen.id = branch.id{joins}"
            " GROUP BY branch.top",
            [*visible, *(param for given in params for param in given)],
        )
        return {top: dict(_read(rollups, inside, row)) for top, inside, *row in cursor.fetchall()}


def _seen(user: Any) -> tuple[str, tuple[Any, ...]]:
    """The accounts of the branches that the reader sees: of the others not even the number is told."""
    rows = Account.objects.visible_to(user).order_by().filter(pk__in=RawSQL("SELECT id FROM branch", []))
    try:
        return rows.values("pk").query.sql_with_params()
    except EmptyResultSet:
        return "SELECT id FROM branch WHERE 1 = 0", ()


def _read(rollups: list[Rollup], inside: int, row: list[Any]) -> Iterator[tuple[str, Sum]]:
    yield "accounts", Sum(inside)
    for number, rollup in enumerate(rollups):
        count, amount = row[2 * number], row[2 * number + 1]
        worth = Decimal(str(amount or 0)).quantize(Decimal("0.01")) if rollup.amount else None
        yield rollup.name, Sum(int(count or 0), worth)


def _part(number: int, rollup: Rollup, user: Any) -> tuple[str, tuple[Any, ...]]:
    """The rows of one roll-up within the branches, counted by account."""
    rows = rollup.rows(user).order_by().filter(account__in=RawSQL("SELECT id FROM branch", []))
    try:
        sql, params = rows.values("account_id", *([rollup.amount] if rollup.amount else [])).query.sql_with_params()
    except EmptyResultSet:
        return f"r{number}(account, n, amount) AS (SELECT id, 0, 0 FROM branch WHERE 1 = 0)", ()
    amount = f"SUM({connection.ops.quote_name(rollup.amount)})" if rollup.amount else "0"
    return (
        f"r{number}(account, n, amount) AS (SELECT account_id, COUNT(*), {amount} FROM ({sql}) AS q GROUP BY account_id)",
        params,
    )


def _children(pk: int, user: Any) -> tuple[list[Account], int]:
    rows = Account.objects.visible_to(user).filter(parent=pk)
    found = list(_with_children(rows, user).order_by("name", "pk")[: MOST_BELOW + 1])
    more = rows.count() - MOST_BELOW if len(found) > MOST_BELOW else 0
    return found[:MOST_BELOW], more


def _with_children(rows: QuerySet, user: Any) -> Any:
    """A child that the reader may not see is not told of."""
    below = Account.objects.visible_to(user).filter(parent=OuterRef("pk")).order_by()
    return rows.annotate(has_children=Exists(below))


def _nodes(children: list[Account], sums: dict[int, Sums]) -> list[Node]:
    return [Node(c.pk, c, bool(c.has_children), False, sums.get(c.pk, {})) for c in children]  # type: ignore[attr-defined]
