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
    shell,
    tell,
)

KINDS = ("crm.contact", "crm.account", "sales.lead", "sales.opportunity")
CONTACT = """
    SELECT c.*, a.*, u.*, t.* FROM crm_contact c LEFT JOIN crm_account a ON a.id = c.account_id
    LEFT JOIN crm_user u ON u.id = c.owner_id LEFT JOIN crm_team t ON t.id = u.team_id WHERE c.id = %s
"""
TIMELINE = "SELECT * FROM crm_interaction WHERE contact_id = %s ORDER BY occurred_at DESC, id DESC LIMIT 31"
REACHED = {
    "manager": "",
    "rep": """AND id IN (
        SELECT id FROM crm_activity WHERE owner_id IN (SELECT id FROM crm_user WHERE team_id = 1)
        UNION SELECT id FROM crm_activity WHERE owner_id IS NULL AND team_id = 1
        UNION SELECT record FROM crm_share WHERE resource = 'crm.activity' AND (user_id = 4 OR team_id = 1))""",
}
"""Of the activities a rep sees those of the team and what was shared."""
DONE = "SELECT * FROM crm_activity WHERE contact_id = %s AND deleted_at IS NULL {} ORDER BY done_at DESC LIMIT 31"

OPEN = """
    SELECT * FROM crm_activity
    WHERE contact_id = %s AND status = 'open' AND deleted_at IS NULL {} ORDER BY due_at LIMIT 20
"""
OF_CONTACT = "(SELECT id FROM django_content_type WHERE app_label = 'crm' AND model = 'contact')"
TAGS = f"""
    SELECT t.* FROM crm_tagging g JOIN crm_tag t ON t.id = g.tag_id
    WHERE g.record_type_id = {OF_CONTACT} AND g.record_id = %s
"""
FOLLOWERS = f"SELECT count(*) FROM crm_follow WHERE record_type_id = {OF_CONTACT} AND record_id = %s"


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
                draw = once_drawn(visits[LARGE], "crm.web.frame", "facts")
                works.append((companies[LARGE], partial(_floor, reader, record, draw)))
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


def _floor(reader: str, record: int, draw) -> None:
    shell(READERS[reader], "crm.contact")
    activities = (of.format(REACHED[reader]) for of in (DONE, OPEN))
    for sql in (CONTACT, TIMELINE, *activities, TAGS, FOLLOWERS):
        select(sql, (record,))
    draw()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
