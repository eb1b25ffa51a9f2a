"""Reading the log: nothing is lost, nothing is read twice, and a bad row never stops the rest."""

import threading
import time
from io import StringIO

import pytest
from django.db import connection

from crm.log.reading import Reader, has_news, read_forward
from crm.log.recording import record
from crm.models import Contact, Interaction, JobRun, LogCursor, SetAside
from tests.factories.crm import ContactFactory


class Listener:
    """A reader that leaves one row a row of the log, and chokes on the rows named."""

    def __init__(self, name="listener", chokes_on=(), **about):
        self.seen = []
        self.chokes_on = set(chokes_on)
        self.reader = Reader(name, self.handle, **about)

    def handle(self, rows, now):
        for row in rows:
            JobRun.objects.create(name=f"{self.reader.name}:{row.pk}")
            if row.pk in self.chokes_on:
                raise ValueError(f"row {row.pk} is bad")
        self.seen += [row.pk for row in rows]

    def read(self, until, patience=30.0):
        """Read until something holds. Transactions of other tests on the same PostgreSQL server hold the log back."""
        ends = time.monotonic() + patience
        while not until():
            assert time.monotonic() < ends, "the reader was not let through"
            read_forward(self.reader)
            time.sleep(0.01)

    def stands_at(self, pk):
        return LogCursor.objects.filter(pk=self.reader.name, position=pk).exists()

    def effects(self):
        return {int(run.name.partition(":")[2]) for run in JobRun.objects.filter(name__startswith=self.reader.name)}


@pytest.fixture
def person(db):
    return ContactFactory()


def written(person, count):
    for _ in range(count):
        record("email.opened", contact=person)
    return list(Interaction.objects.order_by("pk").values_list("pk", flat=True))


def test_a_key_that_is_known_is_no_news(person):
    record("email.opened", contact=person, key="provider-7")
    record("email.opened", contact=person, key="provider-7")
    assert Interaction.objects.count() == 1


def test_a_kind_that_nobody_declared_is_an_error(person):
    with pytest.raises(LookupError):
        record("email.smelled", contact=person)


@pytest.mark.django_db(transaction=True)
def test_rows_are_read_in_order_and_once():
    ids = written(ContactFactory(), 7)
    listener = Listener()
    listener.read(lambda: listener.stands_at(ids[-1]))
    assert read_forward(listener.reader) == 0
    assert listener.seen == ids
    assert not has_news(listener.reader)


@pytest.mark.django_db(transaction=True)
def test_a_reader_gets_only_the_kinds_it_asked_for_and_passes_the_others():
    person = ContactFactory()
    record("email.sent", contact=person)
    record("email.opened", contact=person)
    listener = Listener(kinds=lambda: ["email.opened"])
    listener.read(lambda: listener.stands_at(Interaction.objects.latest("pk").pk))
    assert len(listener.seen) == 1


@pytest.mark.django_db(transaction=True)
def test_a_reader_without_interest_in_the_past_starts_at_the_end():
    person = ContactFactory()
    written(person, 2)
    listener = Listener(from_start=False)
    read_forward(listener.reader)
    assert listener.seen == []
    last = written(person, 1)[-1]
    listener.read(lambda: listener.stands_at(last))
    assert listener.seen == [last]


@pytest.mark.django_db(transaction=True)
def test_the_cursor_moves_with_the_effects_or_not_at_all():
    ids = written(ContactFactory(), 3)
    listener = Listener(chokes_on=[ids[2]])
    listener.read(lambda: LogCursor.objects.filter(failures=1).exists())
    cursor = LogCursor.objects.get(pk="listener")
    assert (cursor.position, cursor.failures, listener.effects()) == (0, 1, set())
    assert "row" in cursor.problem
    listener.chokes_on.clear()
    listener.read(lambda: listener.stands_at(ids[2]))
    assert listener.effects() == set(ids)


@pytest.mark.django_db(transaction=True)
def test_a_bad_row_is_halved_down_and_set_aside_and_the_rest_is_read_once():
    ids = written(ContactFactory(), 9)
    listener = Listener(chokes_on=[ids[5]])
    listener.read(lambda: listener.stands_at(ids[-1]))
    aside = SetAside.objects.get()
    assert (aside.row, aside.interaction_id, aside.reader) == (ids[5], ids[5], "listener")
    assert aside.reason == f"ValueError: row {ids[5]} is bad"
    assert listener.effects() == set(ids) - {ids[5]}
    assert sorted(listener.seen) == sorted(set(ids) - {ids[5]})
    assert not has_news(listener.reader)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer")
def test_two_transactions_that_commit_out_of_order_lose_nothing():
    person = ContactFactory()
    listener = Listener()
    begun, go = threading.Event(), threading.Event()
    slow = threading.Thread(target=write_and_wait, args=(person.pk, begun, go))
    slow.start()
    assert begun.wait(10)
    record("email.clicked", contact=person)  # later id and transaction, committed first
    assert Interaction.objects.count() == 1
    assert read_forward(listener.reader) == 0
    go.set()
    slow.join()
    listener.read(lambda: len(listener.seen) == 2)
    first, second = listener.seen
    assert first < second
    assert Interaction.objects.get(pk=first).kind == "email.opened"


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer")
def test_an_earlier_id_in_a_later_transaction_is_not_passed_over():
    """Ids are drawn before they are committed: the reader must order by transaction, not by id."""
    person = ContactFactory()
    listener = Listener()
    with connection.cursor() as sql:
        sql.execute("SELECT nextval(pg_get_serial_sequence('crm_interaction', 'id'))")
        early = sql.fetchone()[0]
    record("email.clicked", contact=person)
    listener.read(lambda: len(listener.seen) == 1)
    Interaction.objects.create(pk=early, kind="email.opened", contact=person)
    listener.read(lambda: len(listener.seen) == 2)
    assert listener.seen[1] == early


def write_and_wait(person, begun, go):
    from django.db import transaction

    try:
        with transaction.atomic():
            record("email.opened", contact=Contact(pk=person))
            begun.set()
            go.wait(10)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no transaction ids")
def test_after_a_restore_readers_stop_and_say_so_until_a_new_epoch_begins():
    from django.core.management import call_command

    person = ContactFactory()
    written(person, 1)
    listener = Listener()
    LogCursor.objects.create(pk="listener", epoch=0, xid=10**15, position=10**6)
    assert read_forward(listener.reader) == 0
    assert "new_epoch" in LogCursor.objects.get().problem
    call_command("new_epoch", stdout=StringIO())
    try:
        last = written(person, 1)[-1]
        listener.read(lambda: listener.stands_at(last))
        assert listener.seen == [last]
    finally:
        with connection.cursor() as sql:
            for table in ("crm_interaction", "crm_touched"):
                sql.execute(f"ALTER TABLE {table} ALTER COLUMN epoch SET DEFAULT 0")
