"""Whatever is written by set leaves the same history as what is saved one by one: who, what, and from where."""

import ast
from io import BytesIO

import pytest
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.core.cache import cache
from django.urls import reverse

from config.demo import loading
from config.env import ROOT
from crm.actions.bin import delete_records, restore_record
from crm.actions.imports import check_import, map_import, run_import, start_import
from crm.actions.tags import tag_records
from crm.audit import changing
from crm.hooks.handover import Request, hand_over
from crm.models import Account, Activity, Contact
from journeys import engine, steps
from journeys.actions.participants import add_contacts
from sales.models import Lead
from tests.factories.crm import ContactFactory, UserFactory
from tests.factories.journeys import NOON, live_journey, node
from tests.factories.marketing_events import FormFactory
from tests.marketing.guests import fill_in

CREATE, UPDATE, DELETE = LogEntry.Action.CREATE, LogEntry.Action.UPDATE, LogEntry.Action.DELETE


@pytest.fixture(autouse=True)
def _rep(rep, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    cache.clear()


def walk(step):
    """Three people walk through one step of a journey."""
    ways = [outcome.name for outcome in steps.get(step["kind"]).outcomes(step["params"])]
    ends = {f"e{number}": node("end") for number in range(len(ways))}
    edges = [["entry", "next", "s"], *(["s", way, end] for way, end in zip(ways, ends, strict=True))]
    journey = live_journey({"s": step, **ends}, edges)
    people = [ContactFactory(city="Kiel") for _ in range(3)]
    add_contacts(journey, contacts=[c.pk for c in people], by=UserFactory(roles=["marketer"]), now=NOON)
    engine.advance(NOON)
    return people


def leads_of_a_journey(by, client):
    walk(node("assign_lead", topic="Webinar"))
    return Lead.objects.all(), CREATE, "journey", None


def activities_of_a_journey(by, client):
    walk(node("create_activity", kind="call", subject="Ring them", days=1))
    return Activity.objects.all(), CREATE, "journey", None


def fields_set_by_a_journey(by, client):
    people = walk(node("update_field", field="city", value="Pune"))
    return Contact.objects.filter(pk__in=[c.pk for c in people]), UPDATE, "journey", None


def leads_of_a_form(by, client):
    form = FormFactory(creates_lead=True)
    fill_in(client, reverse("marketing:form", args=[form.slug]))
    return Lead.objects.all(), CREATE, "form", None


def leads_that_waited_for_an_owner(by, client):
    by.roles.clear()
    people = [ContactFactory() for _ in range(3)]
    hand_over([Request(f"a{c.pk}", c.pk, "Webinar") for c in people])
    UserFactory(roles=["rep"])
    with changing("journey"):
        hand_over([Request(f"b{c.pk}", c.pk, "Webinar") for c in people])
    return Lead.objects.all(), UPDATE, "journey", None


def contacts_of_an_import(by, client):
    importer = UserFactory(roles=["manager"])
    lines = "".join(f"Ito,{n}@customer.example\n" for n in range(3))
    of = start_import(BytesIO(f"Last name,Email\n{lines}".encode()), "people.csv", importer)
    of = check_import(map_import(of, mapping=of.mapping, by=importer), by=importer)
    from tests.jobs import drain

    drain()
    of.refresh_from_db()
    run_import(of, by=importer)
    drain()
    return Contact.objects.all(), CREATE, "import", importer


def contacts_put_into_the_bin(by, client):
    people = [ContactFactory() for _ in range(3)]
    with changing("bulk"):
        delete_records(people, by=by)
    return Contact.objects.all(), DELETE, "bulk", by


def contacts_taken_out_of_the_bin(by, client):
    people = [ContactFactory() for _ in range(3)]
    deleted = delete_records(people, by=by)
    with changing("page"):
        for deletion in deleted.deletions.values():
            restore_record(deletion, by=by)
    return Contact.objects.all(), UPDATE, "page", by


def contacts_that_get_a_tag(by, client):
    people = [ContactFactory() for _ in range(3)]
    with changing("api"):
        tag_records(people, ["VIP"], by=by)
    return Contact.objects.all(), UPDATE, "api", by


def accounts_of_the_demo(by, client):
    type(by).objects.all().delete()
    loading.load(lambda part: None)
    return Account.objects.all()[:5], CREATE, "system", None


def contacts_of_the_demo(by, client):
    type(by).objects.all().delete()
    loading.load(lambda part: None)
    return Contact.objects.filter(origin="Demo")[:5], CREATE, "system", None


BULK = [
    leads_of_a_journey,
    activities_of_a_journey,
    fields_set_by_a_journey,
    leads_of_a_form,
    leads_that_waited_for_an_owner,
    contacts_of_an_import,
    contacts_put_into_the_bin,
    contacts_taken_out_of_the_bin,
    contacts_that_get_a_tag,
    accounts_of_the_demo,
    contacts_of_the_demo,
]


@pytest.mark.parametrize("write", BULK, ids=lambda write: write.__name__.replace("_", " "))
def test_what_is_written_by_set_has_its_history(write, rep, client, db):
    rows, action, source, actor = write(rep, client)
    assert len(rows) > 0
    for row in rows:
        told = LogEntry.objects.get_for_object(row).filter(action=action).first()
        assert told is not None, row
        assert (told.additional_data["source"], told.actor) == (source, actor)
        assert told.changes


def test_a_lead_from_the_desk_begins_its_history_with_what_it_began_with(rep, db):
    contact = ContactFactory()
    (receipt,) = hand_over([Request("a", contact.pk, "Webinar", source="Journey: Webinar")])
    (told,) = LogEntry.objects.get_for_object(Lead.objects.get())
    began = {name: told.changes[name][1] for name in ("topic", "contact", "owner", "source", "status")}
    assert began == {
        "topic": "Webinar",
        "contact": str(contact.pk),
        "owner": str(receipt.owner),
        "source": "Journey: Webinar",
        "status": "open",
    }


# Who writes a record by set without telling the history? Here is who may, and why.
NEEDS_NONE = {
    ("crm/actions/digests.py", "User"): "when the last digest went out is no change that anybody made",
    ("crm/actions/reminders.py", "Activity"): "that somebody was reminded is no change that anybody made",
    ("crm/actions/series.py", "Activity"): "which moment of its series one stands for is no change that anybody made",
    ("crm/actions/departures.py", "User"): "that the handing over is done is no change that anybody made",
    ("crm/actions/custom_fields.py", "CustomField"): "in which order fields stand is no part of what they mean",
    ("crm/custom_fields/erasing.py", "CustomField"): "how far the job is, is no change that anybody made",
    ("crm/custom_fields/indexes.py", "CustomField"): "likewise, of its index",
    ("crm/actions/normal_forms.py", "Contact"): "normal forms follow from what is in the history already",
    ("crm/management/commands/normal_forms.py", "Contact"): "likewise",
    (
        "sales/actions/board.py",
        "Opportunity",
    ): "the order of the cards is the board's alone and says nothing of the deal",
    ("sales/actions/assignment.py", "AssignmentRule"): "whose turn it is, is no change that anybody made",
}
WRITES, TELLS = ("bulk_create", "bulk_update", "update"), ("keep_in_bulk", "keep_created")


def bulk_writes_without_history():
    """(file, model) of every `Model.objects.….update(…)` and the like in a function that does not tell the history."""
    models = {model.__name__ for model in auditlog.get_models()}
    for path in sorted(
        p for app in ("config", "crm", "sales", "marketing", "journeys") for p in (ROOT / app).rglob("*.py")
    ):
        if "migrations" in path.parts:
            continue
        for function in [part for part in ast.walk(ast.parse(path.read_text())) if isinstance(part, ast.FunctionDef)]:
            calls = [part for part in ast.walk(function) if isinstance(part, ast.Call)]
            tells = any(getattr(call.func, "id", "") in TELLS for call in calls)
            for call in calls:
                written = _model_written(call)
                if written in models and not tells:
                    yield str(path.relative_to(ROOT)), written


def _model_written(call):
    """“Lead” for Lead.objects.filter(…).update(…)."""
    if not (isinstance(call.func, ast.Attribute) and call.func.attr in WRITES):
        return ""
    chain = call.func.value
    while isinstance(chain, (ast.Attribute, ast.Call)):
        chain = chain.value if isinstance(chain, ast.Attribute) else chain.func
    return chain.id if isinstance(chain, ast.Name) else ""


def test_nobody_writes_records_by_set_behind_the_back_of_the_history():
    found = set(bulk_writes_without_history())
    desk = {("sales/actions/desk.py", "Lead")}  # its two writers are told of by their caller, once for both
    assert found - desk == {key for key in NEEDS_NONE if key in found}
