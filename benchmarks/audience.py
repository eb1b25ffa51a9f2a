"""A million people with twenty million rows of the log, for segments: a PostgreSQL database of its own, made once by SQL and kept.

Ten commercial emails went to four people in ten each; who got one opened it in three cases of ten, some twice, some by machine.
One in five lives in India; one in ten has the plan “gold”, a custom field with an index. With 100,000 people a tenth of all.
"""

from __future__ import annotations

from typing import Any

EMAILS = 10
DAYS = 400
MESSAGES = """
    INSERT INTO crm_message (key, send_key, channel, purpose, contact_id, address, content_type, content_id, content_version,
        variables, message_id, status, reason, due_at, attempts, sent_at, provider_ref, created_at)
    SELECT 's' || e || ':' || c, 's' || e, 'email', 'commercial', c, 'person' || c || '@customer.example', 'marketing.email', e, 1,
        '{{}}', '<' || e || '.' || c || '@tandem.example>', 'sent', '', at, 1, at, '', at
    FROM generate_series(1, {emails}) AS e, generate_series(1, {people}) AS c,
        LATERAL (SELECT now() - ((({emails} - e) * {gap}) + (c % 1000) / 1000.0) * interval '1 day' AS at) AS moment
    WHERE (c * 7 + e * 13) % 10 < 4
"""
LOG = """
    INSERT INTO crm_interaction (epoch, xid, kind, contact_id, visitor, source_type, source_id, message_id, data, occurred_at,
        verdict, verdict_version)
    SELECT 0, 0, {kind}, m.contact_id, '', 'marketing.email', m.content_id, m.id, {data}, m.sent_at + {after}, {verdict}, 1
    FROM crm_message m {more} WHERE {which}
"""
VISITS = """
    INSERT INTO crm_interaction (epoch, xid, kind, contact_id, visitor, source_type, data, occurred_at, verdict, verdict_version)
    SELECT 0, 0, 'page.visited', 1 + (n::bigint * 48271) % {people}, '', '',
        jsonb_build_object('url', 'https://vendor.example/' || (ARRAY['pricing','news','jobs'])[1 + n % 3]),
        now() - (n % {days}) * interval '1 day' - n * interval '1 ms', 'human', 1
    FROM generate_series(1, {rows}) AS n
"""


def name_of(people: int) -> str:
    return f"tandem_audience_{people}"


def use(people: int) -> None:
    """Point Django (set up already) at the audience of this size; makes it where it is missing."""
    from django.core.management import call_command
    from django.db import connection

    from benchmarks import company

    connection.close()
    connection.settings_dict["NAME"] = name_of(people)
    company._create(connection.settings_dict)
    call_command("migrate", verbosity=0)
    from crm.models import Interaction

    if not Interaction.objects.filter(kind="page.visited").exists():
        _fill(people)


def _fill(people: int) -> None:
    """Triggers and foreign keys rest, the indexes of the log are made at the end; all or nothing, so that none is lost."""
    from django.db import connection, transaction

    from benchmarks.company import insert
    from crm.models import Contact, CustomField, Interaction, Message
    from marketing.models import Engagement

    CustomField.objects.get_or_create(
        kind="crm.contact", key="plan", defaults={"label": "Plan", "type": "text", "is_indexed": True}
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("TRUNCATE crm_contact, crm_message, crm_interaction CASCADE")
        cursor.execute("SET maintenance_work_mem = '1GB'")
        made = _drop_indexes(cursor, "crm_interaction", "crm_message")
        _default_columns(cursor, Message, Interaction)
        insert(cursor, Contact, people, id="n", first_name="'Asha'", last_name="'Person ' || n",
               email="'person' || n || '@customer.example'", country="(ARRAY['IN','DE','FR','NO','US'])[1 + n % 5]",
               custom="jsonb_build_object('plan', CASE WHEN n % 10 = 0 THEN 'gold' ELSE 'basic' END)",
               created_at="now() - n * interval '30 seconds'", updated_at="now()")  # fmt: skip
        cursor.execute(MESSAGES.format(emails=EMAILS, people=people, gap=DAYS // EMAILS))
        for kind, data, after, verdict, more, which in (
            ("'email.sent'", "'{}'", "interval '0'", "''", "", "true"),
            ("'email.delivered'", "'{}'", "interval '0'", "''", "", "true"),
            ("'email.opened'", "'{}'", "(n * 3 + m.id % 50) * interval '1 hour'",
             "CASE WHEN m.id % 11 = 0 THEN 'prefetch' ELSE 'human' END", ", generate_series(1, 4) AS n", "m.id % 10 < 4 - (n - 1)"),
            ("'email.clicked'", "jsonb_build_object('link', m.content_id, 'url', 'https://vendor.example/pricing')",
             "(m.id % 60) * interval '1 hour'", "'human'", "", "m.id % 4 = 0"),
        ):  # fmt: skip
            cursor.execute(LOG.format(kind=kind, data=data, after=after, verdict=verdict, more=more, which=which))
        cursor.execute("SELECT count(*) FROM crm_interaction")
        missing = people * 20 - cursor.fetchone()[0]
        cursor.execute(VISITS.format(people=people, days=DAYS, rows=missing))
        for definition in made:
            cursor.execute(definition)
        cursor.execute("ANALYZE")
        for statement in _roll_up():
            cursor.execute(statement)
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("TRUNCATE crm_touched")
        cursor.execute("CREATE INDEX IF NOT EXISTS bench_plan ON crm_contact (lower(custom ->> 'plan'))")
        for model in (Contact,):
            table = model._meta.db_table
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    assert Engagement.objects.exists()


def _default_columns(cursor: Any, *models: Any) -> None:
    """Columns that the statements above do not name get what the model would give them."""
    for model in models:
        for field in model._meta.concrete_fields:
            default = (
                "" if field.empty_strings_allowed and not field.null and not field.has_default() else field.default
            )
            if isinstance(default, bool | int | str):
                cursor.execute(f"ALTER TABLE {model._meta.db_table} ALTER {field.column} SET DEFAULT '{default}'")


def _drop_indexes(cursor: Any, *tables: str) -> list[str]:
    """All but those of keys; answers how to make them again."""
    cursor.execute(
        "SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.tablename = ANY(%s) AND NOT EXISTS"
        " (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)",
        [list(tables)],
    )
    found = cursor.fetchall()
    for name, _definition in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [definition for _name, definition in found]


def _roll_up() -> list[str]:
    from importlib import import_module

    statements: list[str] = import_module("marketing.migrations.0006_engagement_of_the_past").FILL
    return ["TRUNCATE marketing_engagement", *statements]
