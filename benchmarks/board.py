"""The board among 100,000 open deals: its sums against the bare GROUP BY of each grouping, its page against that among 100.

Both companies have cents in their amounts, deals in every stage and the probability of the stage. At most 20 queries a page.

    python -m benchmarks.board [rounds]
"""

import sys
from functools import partial

from benchmarks.measuring import GROWTH, at, in_turn, queries_of, select, set_up, tell

FEW, MANY = 100, 100_000
COMPANIES = {FEW: 2_000, MANY: 2_200}
"""The contacts of the two companies; the second one gets as many deals as it lacks."""
SUMS = 2.0
BARE = """
    SELECT {0}, count(*), sum(estimated_revenue_base), sum(estimated_revenue_base * probability)
    FROM sales_opportunity WHERE status = 'open' AND deleted_at IS NULL GROUP BY {0}
"""
SPREAD = """
    UPDATE sales_opportunity SET stage = (ARRAY['qualify','develop','propose','close'])[1 + id % 4],
        probability = (ARRAY[10,30,60,80])[1 + id % 4], estimated_revenue_base = estimated_revenue + id % 100 / 100.0,
        place = id % 7000 + id / 1e7, owner_id = 1 + id % 10
    WHERE place = 0
"""
GROUPS = {"stage": "stage", "category": "forecast_category", "owner": "owner_id", "month": "estimated_close"}


def main(rounds: int = 15) -> None:
    companies = set_up(*COMPANIES.values())
    few, many = (companies[size] for size in COMPANIES.values())
    for connection, deals in ((few, FEW), (many, MANY)):
        at(connection)
        _fill_up(connection, deals)
        _spread(connection)
    for by in GROUPS:
        visits = [(connection, _visit(connection, by)) for connection in (few, many)]
        small, large = in_turn(visits, rounds)
        at(many)
        tell(f"board growth by {by}", large, small, GROWTH, queries_of(visits[1][1]), MANY)
    for by, column in GROUPS.items():
        ours, bare = in_turn([(many, partial(_sums, by)), (many, partial(select, BARE.format(column)))], rounds)
        at(many)
        rows = select(BARE.format(column))
        told = _sums(by)
        assert sum(row[1] for row in rows) == sum(lane.count for lane in told), "The counts differ."
        assert sum(row[2] for row in rows) == sum(lane.sum for lane in told), "The sums differ."
        assert sum(row[3] for row in rows) / 100 == sum(lane.weighted for lane in told), "The weighted sums differ."
        tell(f"board sums by {by}", ours, bare, SUMS, rows=MANY)


def _fill_up(connection, deals: int) -> None:
    from benchmarks.company import insert
    from sales.models import Opportunity, Process

    lacking = deals - Opportunity.objects.count()
    if lacking <= 0:
        return
    process = Process.objects.get(is_default=True).pk
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        insert(cursor, Opportunity, lacking, id=f"n + {deals - lacking}", contact_id="1 + n % 2000", owner_id="1 + n % 10",
               topic="'Renewal ' || n", account_id="1 + n % 400", process_id=str(process), currency_id="'EUR'",
               estimated_revenue="n % 90000", estimated_close="current_date + (n % 200)::int", stage_since="now()",
               created_at="now()", updated_at="now() - interval '1 day'")  # fmt: skip
        cursor.execute("SET session_replication_role = DEFAULT")


def _spread(connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM sales_opportunity WHERE place = 0)")
        if cursor.fetchone()[0]:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(SPREAD)
            cursor.execute("SET session_replication_role = DEFAULT")
            cursor.execute("VACUUM FULL sales_opportunity")
        cursor.execute("VACUUM ANALYZE sales_opportunity")


def _reader():
    from crm.models import User

    reader, _is_new = User.objects.get_or_create(
        email="board@tandem.example", defaults={"name": "Board", "is_superuser": True}
    )
    return reader


def _visit(connection, by: str) -> partial:
    from django.test import Client

    at(connection)
    client = Client()
    client.force_login(_reader())
    visit = partial(client.get, f"/opportunities/board/?by={by}")
    assert visit().status_code == 200
    return visit


def _sums(by: str) -> list:
    return _board(by).heads()


def _board(by: str):
    from django.http import QueryDict
    from django.utils import timezone

    from crm.hooks import records
    from crm.queries.lists import ListQuery
    from sales.queries.board import Board
    from sales.queries.board_columns import GROUPINGS

    asked = ListQuery(records.get("sales.opportunity"), _reader(), QueryDict(""))
    return Board(asked, GROUPINGS[by], timezone.localdate())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
