"""A company of any size in a PostgreSQL database of its own, made once by SQL and kept: what lists and pages are measured on.

A thousand users in a hundred teams, one in ten a manager; a contact in ten is a prospect. For each contact stands one thing
in the log, for every second an activity, for every fifth an account, for every tenth a lead, for every twentieth an
opportunity. The names are skewed as names are. With 1,000 rows all belong to the first team.
"""

import os
from urllib.parse import urlsplit, urlunsplit

SERVER = os.environ.get("BENCH_SERVER", "postgres://root@127.0.0.1:5432/postgres")
USERS, TEAMS = 1000, 100


def address_of(rows: int) -> str:
    """The address of the database with so many contacts."""
    return urlunsplit(urlsplit(SERVER)._replace(path=f"/tandem_company_{rows}"))


def use(rows: int) -> None:
    """Point Django (set up already) at the company of this size; makes it where it is missing."""
    from django.core.management import call_command
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = urlsplit(address_of(rows)).path.strip("/")
    is_new = _create(connection.settings_dict)
    call_command("migrate", verbosity=0)
    from crm.models import Contact

    if is_new or not Contact.objects.exists():
        _fill(rows)


def _create(settings: dict) -> bool:
    """Make the database; answers whether it was missing."""
    import psycopg

    with psycopg.connect(SERVER, autocommit=True) as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [settings["NAME"]]).fetchone():
            return False
        server.execute(f'CREATE DATABASE "{settings["NAME"]}"')
    return True


def _fill(rows: int) -> None:
    """Triggers and foreign keys rest meanwhile: the rows are right by construction."""
    from django.db import connection, transaction

    from crm.models import Account, Activity, Contact, Interaction, Team, User
    from crm.search.sql import rebuild
    from sales.models import Lead, Opportunity, Process

    mine = f"1 + n::bigint * 48271 % 65537 % {USERS if rows > USERS else 10}"  # mixed: leads have every owner, too
    theirs = "SELECT owner_id FROM crm_contact WHERE crm_contact.id = n * {}"
    process = Process.objects.values_list("pk", flat=True).first()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        insert(cursor, Team, TEAMS, id="n", name="'Team ' || n")
        insert(cursor, User, USERS, id="n", email="'person' || n || '@tandem.example'", name="'Person ' || n",
               team_id=f"1 + (n - 1) / {USERS // TEAMS}", date_joined="now()")  # fmt: skip
        cursor.execute(
            "INSERT INTO crm_role_users (role_id, user_id) SELECT r.id, u.id FROM crm_role r, crm_user u WHERE "
            "r.key = CASE WHEN u.id % 10 = 0 THEN 'manager' ELSE 'rep' END"
        )
        insert(cursor, Account, rows // 5, id="n", name=f"{_name('n * 31')} || ' ' || n", owner_id=mine,
               city="(ARRAY['Kiel','Pune','Lyon','Oslo'])[1 + n % 4]", **_times("n * 5"))  # fmt: skip
        insert(cursor, Contact, rows, id="n", first_name="(ARRAY['Asha','Lena','Omar','Mei','Ivo'])[1 + n % 5]",
               last_name=_name("n * 97"), email="'person' || n || '@customer.example'", owner_id=mine,
               account_id=f"1 + n % {rows // 5}", job_title="(ARRAY['Buyer','Head of IT','CFO'])[1 + n % 3]",
               country="(ARRAY['DE','IN','FR','NO','US'])[1 + n % 5]", is_prospect="n % 10 = 3",
               last_active_at="CASE WHEN n % 3 = 0 THEN now() - n * interval '1 second' END", **_times("n"))  # fmt: skip
        insert(cursor, Lead, rows // 10, id="n", contact_id="n * 10", owner_id=f"({theirs.format(10)})",
               topic="'Wants a tandem ' || n", company_name=_name("n * 13"), **_times("n * 10"))  # fmt: skip
        insert(cursor, Opportunity, rows // 20, id="n", contact_id="n * 20", owner_id=f"({theirs.format(20)})",
               topic="'Renewal ' || n", account_id=f"1 + n % {rows // 5}", process_id=str(process), currency_id="'EUR'",
               estimated_revenue="n % 90000", estimated_close="current_date + (n % 200)::int", stage_since="now()",
               **_times("n * 20"))  # fmt: skip
        insert(cursor, Activity, rows // 2, id="n", contact_id="n * 2", owner_id=f"({theirs.format(2)})", kind="'call'",
               subject=f"'Call about ' || {_name('n * 7')}", account_id=f"1 + n % {rows // 5}",
               status="CASE WHEN n % 2 = 0 THEN 'done' ELSE 'open' END",
               done_at="CASE WHEN n % 2 = 0 THEN now() - n * interval '3 seconds' END",
               due_at="CASE WHEN n % 4 < 3 THEN now() + (n % 90 - 60) * interval '1 day' - n * interval '1 ms' END",
               **_times("n * 2"))  # fmt: skip
        insert(cursor, Interaction, rows, id="n", contact_id="n", kind="'email.opened'", verdict="'human'", epoch="0",
               xid="0", occurred_at="now() - n * interval '5 seconds'")  # fmt: skip
        cursor.execute("DROP INDEX search_entry_words")
        rebuild()
        cursor.execute("CREATE INDEX search_entry_words ON crm_searchentry USING gin (words gin_trgm_ops)")
    with connection.cursor() as cursor:
        for model in (Team, User, Account, Contact, Lead, Opportunity, Activity, Interaction):
            table = model._meta.db_table
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
        cursor.execute("VACUUM ANALYZE")


def insert(cursor, model, rows: int, **columns: str) -> None:
    """INSERT … SELECT over n = 1 … rows; what is not given takes the default of its field."""
    from django.db import connection

    for field in model._meta.concrete_fields:
        if field.column not in columns and not field.null and not field.generated:
            value = field.get_db_prep_save(field.get_default(), connection)
            columns[field.column] = (
                cursor.mogrify("%s", [value]) if hasattr(cursor, "mogrify") else _literal(cursor, value)
            )
    names = ", ".join(f'"{name}"' for name in columns)
    cursor.execute(
        f"INSERT INTO {model._meta.db_table} ({names}) SELECT {', '.join(columns.values())} "
        f"FROM generate_series(1, {rows}) AS n".replace("%", "%%"),
        (),
    )


def _literal(cursor, value) -> str:
    from psycopg import sql

    return sql.Literal(value).as_string(cursor.connection)


def _name(number: str) -> str:
    """A thousand names, some a hundred times as frequent as others."""
    skewed = f"(power((({number})::bigint * 48271 % 65537) / 65537.0, 2) * 999)::int"
    return (
        f"(ARRAY['Ban','Cas','Dor','Fer','Gol','Hal','Ker','Lin','Mar','Nor'])[1 + {skewed} % 10] || "
        f"(ARRAY['ber','den','field','gate','holm','land','man','ner','son','wick'])[1 + {skewed} / 10 % 10] || "
        f"(ARRAY['','a','e','er','i','l','o','s','t','y'])[1 + {skewed} / 100]"
    )


def _times(number: str) -> dict[str, str]:
    return dict.fromkeys(("created_at", "updated_at"), f"now() - ({number}) * interval '7 seconds'")
