"""The live page of a send with 1,000,000 messages against the page of one with 1,000, in one company; and what it would cost to count.

“Growth”: the part that the page fetches every three seconds, as a browser gets it, both in turn; the bar is 1.5 times, with
at most 10 queries. “Counting”: the page against the GROUP BY over the same messages that it replaces; the bar is 1.

    python -m benchmarks.live_page [rounds]
"""

import sys
from functools import partial

from benchmarks.measuring import GROWTH, LARGE, SMALL, at, in_turn, queries_of, select, set_up, tell

MOST_QUERIES = 10
MADE = """
    INSERT INTO crm_message (key, send_key, channel, purpose, contact_id, address, content_type, content_id, content_version,
        variables, variant, message_id, status, reason, due_at, attempts, sent_at, provider_ref, heard, created_at)
    SELECT 'bench:' || {rows} || ':' || n, 'send:{send}', 'email', 'commercial', 1 + n % 1000, 'p' || n || '@bench.example',
        'marketing.email', {email}, 1, '{{}}', '', '',
        CASE WHEN n % 20 = 0 THEN 'not_sent' WHEN n % 33 = 0 THEN 'failed' WHEN n % 50 = 1 THEN 'due' ELSE 'sent' END,
        CASE WHEN n % 20 = 0 THEN 'There is no consent to commercial messages.' WHEN n % 33 = 0 THEN '550 no box ' || n ELSE '' END,
        now(), 1, now(), '', CASE WHEN n % 20 = 0 THEN 0 ELSE (ARRAY[0, 0, 2, 3, 15])[1 + n % 5] END, now()
    FROM generate_series(1, {rows}) n ON CONFLICT DO NOTHING
"""
COUNTED = "SELECT variant, status, reason, heard, count(*) FROM crm_message WHERE send_key = %s GROUP BY 1, 2, 3, 4"


def main(rounds: int = 15) -> None:
    """Prints two JSON lines."""
    connection = set_up(SMALL)[SMALL]
    at(connection)
    sends = {rows: _send_of(rows) for rows in (SMALL, LARGE)}
    visits = {rows: _visit(send) for rows, send in sends.items()}
    count = partial(select, COUNTED, (f"send:{sends[LARGE]}",))
    small, large, counting = in_turn(
        [(connection, visits[SMALL]), (connection, visits[LARGE]), (connection, count)], rounds
    )
    queries = queries_of(visits[LARGE])
    assert queries <= MOST_QUERIES, queries
    tell("live page growth", large, small, GROWTH, queries)
    tell("live page against counting", large, counting, 1.0, queries)


def _send_of(rows: int) -> int:
    """The send with so many messages; made where it is missing."""
    from django.db import connection
    from django.utils import timezone

    from crm.delivery import send_counts
    from marketing.models import MarketingEmail, Send

    email, _ = MarketingEmail.objects.get_or_create(name="Benchmark", defaults={"subject": "Benchmark"})
    send = Send.objects.filter(email=email, to_words=str(rows)).first() or Send(email=email, to_words=str(rows))
    if send.pk is None:
        now = timezone.now()
        send.content_version, send.due_at = 1, now
        send.start(now)
        send.save()
    if not send_counts.counts_of(send.send_key):
        with connection.cursor() as cursor:
            cursor.execute(MADE.format(rows=rows, send=send.pk, email=email.pk))
            cursor.execute("ANALYZE crm_message")
        send_counts.fold()
    return int(send.pk)


def _visit(send: int) -> partial:
    from django.test import Client

    from crm.models import User

    reader, _ = User.objects.get_or_create(
        email="bench@tandem.example", defaults={"name": "Bench", "is_superuser": True}
    )
    client = Client()
    client.force_login(reader)
    visit = partial(client.get, f"/admin/marketing/send/{send}/live/", headers={"hx-request": "true"})
    assert visit().status_code == 200
    return visit


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
