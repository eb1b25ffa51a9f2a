"""The timeline of a contact with 10,000 entries against that of one with 100: their pages, and a search in their words.

The bar is 1.5 times, at most 20 queries. A search in their words looks through all entries: its floor is the lines without
words and the bare SQL that looks through the same rows.

    python -m benchmarks.timeline [rounds]
"""

import sys
from datetime import timedelta
from functools import partial

from benchmarks.lists import READERS
from benchmarks.measuring import GROWTH, SMALL, at, in_turn, queries_of, select, set_up, tell

SHORT, LONG = 100, 10_000
WORDS = "SELECT * FROM crm_interaction WHERE contact_id = %(pk)s AND data::text ILIKE '%%Form 77%%'"
WORDS_OF_ACTIVITIES = """
    SELECT * FROM crm_activity WHERE contact_id = %(pk)s
    AND (subject ILIKE '%%Form 77%%' OR body ILIKE '%%Form 77%%' OR outcome ILIKE '%%Form 77%%')
"""


def main(rounds: int = 15) -> None:
    """Prints a JSON line a page."""
    company = set_up(SMALL)[SMALL]
    at(company)
    from django.test import Client

    from crm.models import User

    client = Client()
    client.force_login(User.objects.get(pk=READERS["manager"]))
    people = {entries: _person(entries) for entries in (SHORT, LONG)}
    for name, address in (
        ("page", "/contacts/{}/"),
        ("lines", "/timeline/crm.contact:{}/"),
        ("all", "/timeline/crm.contact:{}/?show=all"),
    ):
        visits = [partial(client.get, address.format(people[entries])) for entries in (SHORT, LONG)]
        assert all(visit().status_code == 200 for visit in visits)
        short, long = in_turn([(company, visit) for visit in visits], rounds)
        tell(f"timeline growth: {name}", long, short, GROWTH, queries_of(visits[1]), rows=LONG)
    lines = f"/timeline/crm.contact:{people[LONG]}/"
    found = partial(client.get, f"{lines}?words=Form+77")
    ours, bare = in_turn([(company, found), (company, partial(_by_hand, client, lines, people[LONG]))], rounds)
    tell("timeline words", ours, bare, GROWTH, queries_of(found), rows=LONG)


def _person(entries: int) -> int:
    """Nine in ten rows of the log, the rest calls; made once and kept."""
    from django.utils import timezone

    from crm.models import Activity, Contact, Interaction

    contact, is_new = Contact.objects.get_or_create(first_name="Timeline of", last_name=str(entries))
    if is_new:
        now = timezone.now()
        Interaction.objects.bulk_create(
            [
                Interaction(
                    kind="form.submitted",
                    contact=contact,
                    data={"title": f"Form {n}"},
                    occurred_at=now - timedelta(minutes=n),
                )
                for n in range(entries * 9 // 10)
            ],
            batch_size=2000,
        )
        Activity.objects.bulk_create(
            [
                Activity(
                    kind="call", status="done", subject=f"Call {n}", contact=contact, done_at=now - timedelta(hours=n)
                )
                for n in range(entries // 10)
            ],
            batch_size=2000,
        )
    return contact.pk


def _by_hand(client, lines: str, pk: int) -> None:
    """The lines without words, and beside them what looking through all words costs at least."""
    client.get(lines)
    for sql in (WORDS, WORDS_OF_ACTIVITIES):
        select(sql, {"pk": pk})


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
