"""An index on demand: made by a job, used by the very query that rules and filters ask, dropped when nobody wants it."""

import json

import pytest
from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from crm.actions.custom_fields import change_custom_field, delete_custom_field, retire_custom_field
from crm.actions.records import change_record
from crm.custom_fields.indexes import is_there, name_of, want_lost_ones
from crm.custom_fields.work import work
from crm.field_filters import filterset_of
from crm.hooks import records
from crm.models import Contact, CustomField
from crm.rules.records import matching_records
from tests.factories.crm import AccountFactory, ContactFactory
from tests.factories.custom_fields import EVERY_TYPE, custom_field

CONTACT = "crm.contact"
is_sqlite = connection.vendor == "sqlite"
QUESTIONS = [
    ("nickname", "is", "Ada"),
    ("nickname", "begins_with", "Ad"),
    ("page", "is", "https://a.example"),
    ("seats", "equals", 2.5),
    ("seats", "between", [2, 3]),
    ("budget", "over", 999_999),
    ("renewal", "on", "2026-11-30"),
    ("renewal", "after", "2030-01-01"),
    ("plan", "is", "gold"),
    ("plan", "is_any_of", ["gold", "silver"]),
    ("colours", "has_any_of", ["red"]),
    ("agreed", "is", True),
    ("partner", "is", None),
]


@pytest.fixture(autouse=True)
def nothing_stays(transactional_db):
    """Emptying the tables after a test leaves the indexes that it made."""
    yield
    with connection.cursor() as sql:
        for name in [name for name in names_of_indexes(sql) if name.startswith("on_demand_")]:
            sql.execute(f'DROP INDEX IF EXISTS "{name}"')


def names_of_indexes(sql):
    asked = "SELECT name FROM sqlite_master WHERE type = 'index'" if is_sqlite else "SELECT indexname FROM pg_indexes"
    sql.execute(asked)
    return [name for (name,) in sql.fetchall()]


@pytest.fixture
def many(transactional_db):
    """So many that a planner prefers an index: nearly all of them say something else than is asked for."""
    rows = ContactFactory.build_batch(3000)
    for number, row in enumerate(rows):
        row.custom = {
            "nickname": f"n{number}", "page": f"https://p{number}.example", "seats": number + 10, "budget": number,
            "renewal": f"20{10 + number % 10}-01-{1 + number % 28:02}", "plan": f"p{number % 100}", "colours": ["blue"],
            "agreed": None if number % 3 else False, "partner": number + 10_000,
        }  # fmt: skip
    Contact.objects.bulk_create(rows)


def plan_of(rows):
    """How the database would answer: PostgreSQL's nodes, or SQLite's lines."""
    sql, parameters = rows.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        if not is_sqlite:
            cursor.execute("SET enable_seqscan = off")
        cursor.execute(("EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN (FORMAT JSON) ") + sql, parameters)
        told = json.dumps(cursor.fetchall(), default=str)
        if not is_sqlite:
            cursor.execute("RESET enable_seqscan")
    return told


def test_each_index_is_the_one_that_the_questions_use_in_rules_and_in_filters(many):
    fields = {
        key: custom_field(CONTACT, key, type, is_indexed=True, **more) for key, (type, more) in EVERY_TYPE.items()
    }
    assert {field.index_state for field in fields.values()} == {"wanted"}
    assert not any(is_there(name_of(field)) for field in fields.values())
    work()
    states = dict(CustomField.objects.values_list("key", "index_state"))
    assert set(states.values()) == ({"ready", "failed"} if is_sqlite else {"ready"})
    partner = AccountFactory().pk
    for key, op, value in QUESTIONS:
        if is_sqlite and (key == "colours" or op == "begins_with"):
            continue  # it has no index for lists, nor for the beginnings of expressions
        stored = {"test": f"custom.{key}", "op": op, "value": partner if key == "partner" else value}
        assert name_of(fields[key]) in plan_of(matching_records(CONTACT, stored, timezone.now())), stored
    filters = filterset_of(records.get(CONTACT), ["custom.plan"])
    asked = filters(QueryDict("custom.plan=gold"), queryset=Contact.objects.all())
    assert asked.is_valid()
    assert name_of(fields["plan"]) in plan_of(asked.qs)


def test_unmarked_it_is_dropped_and_marked_again_it_is_made_again(transactional_db):
    field = custom_field(CONTACT, "plan", "text", is_indexed=True)
    work()
    field = change_custom_field(field, is_indexed=False, by=None)
    assert field.index_state == "unwanted"
    work()
    assert (CustomField.objects.get().index_state, is_there(name_of(field))) == ("", False)
    change_custom_field(field, is_indexed=True, by=None)
    work()
    assert (CustomField.objects.get().index_state, is_there(name_of(field))) == ("ready", True)


def test_a_field_that_nobody_has_yet_may_change_its_type_and_its_index_follows(transactional_db):
    field = custom_field(CONTACT, "plan", "text", is_indexed=True)
    work()
    field = change_custom_field(field, type="number", by=None)
    assert field.index_state == "wanted"
    work()
    assert CustomField.objects.get().index_state == "ready"


def test_why_an_index_could_not_be_made_is_said(transactional_db):
    field = custom_field(CONTACT, "colours", "choices", choices=[{"label": "Red"}], is_indexed=True)
    if not is_sqlite:
        with connection.cursor() as sql:  # what nobody should do, but somebody may have done
            sql.execute(f'CREATE VIEW "{name_of(field)}" AS SELECT 1')
    work()
    field.refresh_from_db()
    assert field.index_state == "failed"
    assert (
        field.index_problem == "SQLite has no index for several choices; PostgreSQL has."
        or name_of(field) in field.index_problem
    )
    if not is_sqlite:
        with connection.cursor() as sql:
            sql.execute(f'DROP VIEW "{name_of(field)}"')


def test_an_index_that_a_killed_worker_left_half_made_is_made_anew(transactional_db):
    field = custom_field(CONTACT, "plan", "text", is_indexed=True)
    CustomField.objects.update(index_state="making")
    work()
    assert (CustomField.objects.get().index_state, is_there(name_of(field))) == ("ready", True)


@pytest.mark.skipif(not is_sqlite, reason="PostgreSQL changes a table without remaking it.")
def test_an_index_that_a_migration_lost_is_wanted_again(transactional_db):
    field = custom_field(CONTACT, "plan", "text", is_indexed=True)
    work()
    with connection.cursor() as sql:
        sql.execute(f'DROP INDEX "{name_of(field)}"')
    want_lost_ones()
    work()
    assert is_there(name_of(field))


def test_the_index_goes_with_the_field(transactional_db):
    field = custom_field(CONTACT, "plan", "text", is_indexed=True)
    work()
    change_record(ContactFactory(), {"custom.plan": "gold"}, by=None)
    delete_custom_field(retire_custom_field(field, by=None), by=None)
    work()
    assert (CustomField.objects.count(), is_there(name_of(field)), Contact.objects.get().custom) == (0, False, {})
