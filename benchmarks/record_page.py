"""The pages of records among 1,000,000 contacts: against those among 1,000, and against bare SQL and a bare template.

“Growth” and “floor” as in benchmarks/lists.py: at most 1.5 and 3 times, at most 20 queries. The record is one of the reader's own.

    python -m benchmarks.record_page [rounds]
"""

import sys
from functools import partial

from benchmarks.lists import READERS
from benchmarks.measuring import (
    GROWTH,
    LARGE,
    OVER_FLOOR,
    SMALL,
    at,
    in_turn,
    once_drawn,
    queries_of,
    select,
    set_up,
    tell,
)

KINDS = ("crm.contact", "crm.account", "sales.lead", "sales.opportunity")
CONTACT = """
    SELECT c.*, a.*, u.*, t.* FROM crm_contact c LEFT JOIN crm_account a ON a.id = c.account_id
    LEFT JOIN crm_user u ON u.id = c.owner_id LEFT JOIN crm_team t ON t.id = u.team_id WHERE c.id = %s
"""
TIMELINE = "SELECT * FROM crm_interaction WHERE contact_id = %s ORDER BY occurred_at DESC, id DESC LIMIT 31"
ACTIVITIES = "SELECT * FROM crm_activity WHERE contact_id = %s AND deleted_at IS NULL ORDER BY done_at DESC LIMIT 31"


def main(rounds: int = 15) -> None:
    """Prints a JSON line a page, and one more where a hand has written its SQL."""
    companies = set_up(SMALL, LARGE)
    for reader in READERS:
        for kind in KINDS:
            visits = {}
            for rows, connection in companies.items():
                at(connection)
                visits[rows], record = _visit(reader, kind)
            works = [(companies[rows], visit) for rows, visit in visits.items()]
            if kind == "crm.contact":
                draw = once_drawn(visits[LARGE], "crm.web.frame")
                works.append((companies[LARGE], partial(_floor, record, draw)))
            small, large, *floor = in_turn(works, rounds)
            at(companies[LARGE])
            tell(f"record growth: {reader} {kind}", large, small, GROWTH, queries_of(visits[LARGE]))
            if floor:
                tell(f"record floor: {reader} {kind}", large, floor[0], OVER_FLOOR)


def _visit(reader: str, kind: str) -> tuple[partial, int]:
    """Opens the page of the reader's first record of this kind in the company at hand."""
    from django.apps import apps
    from django.test import Client

    from crm.models import User

    user = User.objects.get(pk=READERS[reader])
    record = apps.get_model(kind).objects.visible_to(user).filter(owner=user).order_by("pk").first()
    client = Client()
    client.force_login(user)
    assert client.get(record.get_absolute_url()).status_code == 200, record
    return partial(client.get, record.get_absolute_url()), record.pk


def _floor(record: int, draw) -> None:
    for sql in (CONTACT, TIMELINE, ACTIVITIES):
        select(sql, (record,))
    draw()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
