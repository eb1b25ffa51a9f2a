"""Segments over a million people and twenty million rows of the log, against the best SQL that we know by hand.

Counting (bar 1.3), the first build against the bare INSERT … SELECT into a table with the same unique index (bar 2), the quick
refresh after a thousand people changed against the whole (bar 0.02), and the whole at a million against that at a hundred
thousand (bar 12).

    python -m benchmarks.segments [rounds]
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from benchmarks.measuring import at, in_turn, select, tell

SMALL, LARGE = 100_000, 1_000_000
COUNT, BUILD, QUICK, GROWTH = 1.3, 2.0, 0.02, 12.0
INDIA = {"test": "country", "op": "is", "value": "IN"}
ALIVE = "c.deleted_at IS NULL AND c.is_active"
HUMAN = "verdict IN ('', 'human', 'proxy')"
QUESTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "India and opened an email": (
        {"all": [INDIA, {"did": "email.opened", "source": "marketing.email:7"}]},
        f"""SELECT count(*) FROM crm_contact c WHERE {ALIVE} AND c.country = 'IN' AND c.id IN (
            SELECT contact_id FROM crm_interaction WHERE source_type = 'marketing.email' AND source_id = 7
            AND kind = 'email.opened' AND {HUMAN})""",
    ),
    "India and no open for 90 days": (
        {"all": [INDIA, {"not": {"did": "email.opened", "within_days": 90}}]},
        f"""SELECT count(*) FROM crm_contact c LEFT JOIN marketing_engagement e ON e.contact_id = c.id
            AND e.opened_at > now() - interval '90 days'
            WHERE {ALIVE} AND c.country = 'IN' AND e.contact_id IS NULL""",
    ),
    "three opens in 30 days": (
        {"did": "email.opened", "at_least": 3, "within_days": 30},
        f"""SELECT count(*) FROM crm_contact c WHERE {ALIVE} AND c.id IN (
            SELECT contact_id FROM crm_interaction WHERE kind = 'email.opened' AND {HUMAN}
            AND occurred_at > now() - interval '30 days' GROUP BY contact_id HAVING count(*) >= 3)""",
    ),
    "plan is gold and clicked in 30 days": (
        {"all": [{"test": "custom.plan", "op": "is", "value": "gold"}, {"did": "email.clicked", "within_days": 30}]},
        f"""SELECT count(*) FROM crm_contact c JOIN marketing_engagement e ON e.contact_id = c.id
            WHERE {ALIVE} AND lower(c.custom ->> 'plan') = 'gold' AND e.clicked_at > now() - interval '30 days'""",
    ),
    "India and opened the last email": (
        {"all": [INDIA, {"did": "email.opened", "source": "last"}]},
        f"""SELECT count(*) FROM crm_contact c JOIN marketing_engagement e ON e.contact_id = c.id
            WHERE {ALIVE} AND c.country = 'IN' AND e.last_opened_at IS NOT NULL""",
    ),
}
SEED = "India and opened the last email"


def main(rounds: int = 7) -> None:
    """Prints a JSON line a bar."""
    small, large = _set_up()
    at(large)
    for name, (rule, sql) in QUESTIONS.items():
        assert _count(rule) == _bare(sql), (name, _count(rule), _bare(sql))
        ours, bare = in_turn([(large, partial(_count, rule)), (large, partial(_bare, sql))], rounds)
        tell(f"segment count: {name}", ours, bare, COUNT, rows=LARGE)
    whole, bare = in_turn([(large, _build), (large, _bare_build)], max(3, rounds // 2))
    tell("segment first build", whole, bare, BUILD, rows=LARGE)
    (quick,) = in_turn([(large, _look_again)], rounds)
    tell("segment after 1,000 touched", quick, whole, QUICK, rows=LARGE)
    at(small)
    (whole_small,) = in_turn([(small, _build)], max(3, rounds // 2))
    tell("segment growth", whole, whole_small, GROWTH, rows=LARGE)


def _set_up() -> tuple[Any, Any]:
    import os

    from benchmarks import company

    os.environ["TEST_DATABASE_URL"] = company.SERVER
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    import django

    django.setup()
    from django.db import connections

    from benchmarks import audience

    found = []
    for people in (SMALL, LARGE):
        audience.use(people)
        _segment()
        connection: Any = connections["default"]
        connection.settings_dict = dict(connection.settings_dict)
        connections["default"] = connections.create_connection("default")
        found.append(connection)
    return found[0], found[1]


def _count(rule: dict[str, Any]) -> int:
    from django.utils import timezone

    from crm.rules.use import matching, parse

    return matching(parse(rule), timezone.now(), rolled=True).count()


def _bare(sql: str) -> int:
    found: int = select(sql)[0][0]
    return found


def _segment() -> Any:
    from marketing.models import Segment

    return Segment.objects.get_or_create(name="Benchmark", defaults={"rule": QUESTIONS[SEED][0]})[0]


def _build() -> None:
    """A first build, which tells nobody."""
    from django.utils import timezone

    from marketing.actions.membership import refresh
    from marketing.models import Segment, SegmentMember

    segment = _segment()
    SegmentMember.objects.filter(segment=segment)._raw_delete("default")
    Segment.objects.filter(pk=segment.pk).update(built_at=None)
    refresh(segment.pk, timezone.now())


def _bare_build() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS bench_members (segment_id bigint, contact_id bigint, at timestamptz)"
        )
        cursor.execute("CREATE UNIQUE INDEX IF NOT EXISTS bench_members_once ON bench_members (segment_id, contact_id)")
        cursor.execute("DELETE FROM bench_members")
        sql = QUESTIONS[SEED][1].replace("count(*)", "1, c.id, now()")
        cursor.execute(f"INSERT INTO bench_members {sql}")


def _look_again() -> None:
    """As the reader of what was touched does it."""
    from django.utils import timezone

    from marketing.actions.membership import look_again

    look_again(list(range(5_000, 6_000)), timezone.now())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
