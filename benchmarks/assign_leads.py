"""A thousand leads through the assignment rules, against the bare bulk update that would only write their owners.

Ours: five rules with conditions over leads, their people and companies; twenty sellers with capacity and working hours, by
load; the leads locked, each owner told, the log and the history written. Floor: Django's `bulk_update` of owner and time of
the same leads in one transaction, by owners known beforehand. Ours must keep 30 % of the floor's rate. In turn, medians.

    python -m benchmarks.assign_leads [leads] [rounds]        TEST_DATABASE_URL names the database, else SQLite
"""

import json
import os
import platform
import statistics
import sys
import tempfile
import time

BAR = 0.3
SELLERS = 20
FOLDER = tempfile.TemporaryDirectory(prefix="tandem-bench-")
CONDITIONS = (
    {"all": [{"test": "contact.country", "op": "is_any_of", "value": ["IN", "DE"]}, {"test": "rating", "op": "is", "value": "hot"}]},
    {"all": [{"test": "contact.job_title", "op": "contains", "value": "head"}]},
    {"any": [{"test": "company_name", "op": "begins_with", "value": "North"}, {"test": "account.employees", "op": "over", "value": 500}]},
    {"all": [{"did": "form.submitted", "within_days": 30}]},
    None,
)  # fmt: skip


def main(leads: int = 1_000, rounds: int = 9) -> None:
    """Prints one JSON line; rates are leads a second."""
    _set_up()
    from django.db import connection

    keys = _leads(leads)
    ours, floor = [], []
    for _ in range(rounds):
        for work, spent in ((_bare, floor), (_by_rules, ours)):
            _unassign()
            spent.append(_timed(work, keys))
    queries = _queries(keys)
    rate, bare = leads / statistics.median(ours), leads / statistics.median(floor)
    line = {
        "name": "assign_leads",
        "engine": connection.vendor,
        "rows": leads,
        "ours": round(rate),
        "floor": round(bare),
        "ratio": round(rate / bare, 2),
        "bar": BAR,
        "ok": rate / bare >= BAR,
        "queries": queries,
        "versions": {"python": platform.python_version(), "database": str(connection.get_database_version())},
    }
    print(json.dumps(line))
    connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


def _set_up() -> None:
    """A database of our own: a file of SQLite, or a test database beside the one that TEST_DATABASE_URL names."""
    os.environ.setdefault("TEST_DATABASE_URL", f"sqlite:///{FOLDER.name}/bench.sqlite3")
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    import django

    django.setup()
    from django.db import connection

    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)


def _leads(number: int) -> list[int]:
    """Leads of people of all kinds, and the rules and sellers that they go to. Answers the keys of the leads."""
    from datetime import time as clock

    from django.db import connection

    from crm.models import Contact, Role, User
    from sales.models import AssignmentRule, Lead, Seller

    AssignmentRule.objects.all().delete()
    sellers = User.objects.bulk_create(User(email=f"s{n}@tandem.example", name=f"Seller {n}") for n in range(SELLERS))
    Role.objects.get(key="rep").users.set(sellers)
    always = {"days": list(range(7)), "works_from": clock(0), "works_to": clock(23, 59, 59)}
    Seller.objects.bulk_create(Seller(user=seller, capacity=number, **always) for seller in sellers)
    for at, when in enumerate(CONDITIONS):
        AssignmentRule.objects.create(name=f"Rule {at}", order=at, when=when, distribution="load")
    people = Contact.objects.bulk_create(
        Contact(
            first_name="Asha", last_name=f"Rao {n}", email=f"asha{n}@customer.example", country=("IN", "FR", "US")[n % 3],
            job_title=("Head of IT", "Buyer")[n % 2], is_prospect=True,
        )
        for n in range(number)
    )  # fmt: skip
    leads = Lead.objects.bulk_create(
        Lead(
            topic=f"Wants a tandem {n}",
            contact=person,
            rating=("hot", "warm")[n % 2],
            company_name=("Northwind", "Contoso")[n % 4 // 2],
        )
        for n, person in enumerate(people)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return [lead.pk for lead in leads]


def _unassign() -> None:
    """As it was before; a base that runs for a while is vacuumed, too."""
    from auditlog.models import LogEntry
    from django.db import connection

    from crm.models import Interaction, Notification
    from sales.models import AssignmentRule, Lead

    Lead.objects.update(owner=None, assigned_at=None, assignment_rule=None)
    AssignmentRule.objects.update(last_owner=None)
    for model in (LogEntry, Interaction, Notification):
        model.objects.all().delete()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE sales_lead")


def _timed(work, keys: list[int]) -> float:
    begun = time.perf_counter()
    work(keys)
    return time.perf_counter() - begun


def _by_rules(keys: list[int]) -> None:
    from sales.actions.unassigned import assign_by_rules
    from sales.models import Lead

    found = assign_by_rules(list(Lead.objects.filter(pk__in=keys)), by=None)
    assert all(lead.owner_id for lead in found), "somebody was not assigned"
    assert len(found) == len(keys)


def _bare(keys: list[int]) -> None:
    from django.db import transaction
    from django.utils import timezone

    from crm.models import User
    from sales.models import Lead

    sellers = list(User.objects.values_list("pk", flat=True))
    with transaction.atomic():
        leads = list(Lead.objects.filter(pk__in=keys).select_for_update())
        for n, lead in enumerate(leads):
            lead.owner_id, lead.assigned_at = sellers[n % len(sellers)], timezone.now()
        Lead.objects.bulk_update(leads, ["owner", "assigned_at"])


def _queries(keys: list[int]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    _unassign()
    with CaptureQueriesContext(connection) as seen:
        _by_rules(keys)
    return len(seen)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
