"""Bulk work: frozen rows, a result for each, consequences as if done one by one, cancelled, resumed, reverted."""

from decimal import Decimal

import pytest
from auditlog.models import LogEntry

from crm import jobs
from crm.actions.bulk import cancel_run, revert_run, start_run
from crm.actions.records import change_record
from crm.actions.tags import tags_of
from crm.bulk import edits, work
from crm.errors import Forbidden, Invalid, NotAllowed
from crm.hooks import bulk_actions, records
from crm.models import Account, Activity, BulkItem, BulkRun, Claim, Contact, Deletion, Notification, Tagging, Touched
from tests.factories.crm import AccountFactory, ActivityFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.emails import ListFactory

pytestmark = pytest.mark.django_db


def begin(action, rows, by, kind="crm.contact", **values):
    model = records.get(kind).model
    chosen = model.objects.visible_to(by).filter(pk__in=[row.pk for row in rows])
    return start_run(kind, action, chosen, values=values, by=by)


def counts(run):
    return (run.status, run.done_count, run.skipped_count, run.failed_count)


def verdicts(run):
    return {item.record_id: (item.verdict, item.sentence) for item in run.items.all()}


def test_a_few_rows_are_done_at_once_with_a_result_for_each(manager):
    kiel, other, asleep = ContactFactory(city="Kiel"), ContactFactory(), ContactFactory(is_active=False)
    for contact in (kiel, other, asleep):
        Contact.objects.filter(pk=contact.pk).update(owner=manager)
    run = begin("edit", [kiel, other, asleep], manager, field="city", value="Kiel")
    assert (counts(run), run.words) == (("done", 1, 2, 0), "City: Kiel")
    assert verdicts(run) == {
        kiel.pk: ("skipped", "It says so already."),
        other.pk: ("done", ""),
        asleep.pk: ("skipped", "It cannot be changed. It is inactive, and so read-only. Reactivate it to change it."),
    }
    assert Contact.objects.get(pk=other.pk).city == "Kiel"


def test_many_rows_are_a_job_which_tells_when_it_is_done(administrator, run_jobs):
    contacts = ContactFactory.create_batch(120)
    run = begin("edit", contacts, administrator, field="city", value="Kiel")
    assert (run.status, run.total, run.handled) == ("running", 120, 0)
    assert not Contact.objects.filter(city="Kiel").exists()
    run_jobs()
    run.refresh_from_db()
    assert (counts(run), run.handled) == (("done", 120, 0, 0), 120)
    assert Contact.objects.filter(city="Kiel", version=2).count() == 120
    assert Notification.objects.get().text == "Edit a field: 120 contacts done."


def test_an_edit_by_set_is_kept_in_the_history_as_one_by_one(administrator):
    account = AccountFactory(city="Kiel")
    Touched.objects.all().delete()
    run = begin("edit", [account], administrator, "crm.account", field="annual_revenue", value="5000")
    by_hand = AccountFactory()
    change_record(by_hand, {"annual_revenue": Decimal("5000")}, by=administrator)
    bulk, one = (LogEntry.objects.get_for_object(row).order_by("-pk").first() for row in (account, by_hand))
    assert bulk.changes == one.changes == {"annual_revenue": ["None", "5000"]}
    assert (bulk.actor, bulk.additional_data) == (administrator, {"source": "bulk", "about": f"Bulk work {run.pk}"})


def test_an_edit_touches_the_contacts(administrator):
    contact = ContactFactory()
    Touched.objects.all().delete()
    begin("edit", [contact], administrator, field="country", value="DE")
    assert set(Touched.objects.values_list("contact_id", flat=True)) == {contact.pk}


def test_what_the_person_saw_is_what_is_changed(administrator, run_jobs):
    seen = ContactFactory.create_batch(60, city="Kiel")
    run = start_run(
        "crm.contact", "edit", Contact.objects.filter(city="Kiel"), values={"field": "city", "value": "Bonn"},
        by=administrator,
    )  # fmt: skip
    late = ContactFactory(city="Kiel")
    run_jobs()
    assert Contact.objects.filter(city="Bonn").count() == len(seen) == BulkRun.objects.get(pk=run.pk).done_count
    assert Contact.objects.get(pk=late.pk).city == "Kiel"


def test_another_number_than_was_confirmed_begins_nothing(administrator):
    ContactFactory.create_batch(3)
    with pytest.raises(NotAllowed, match="There are 3 by now"):
        start_run("crm.contact", "delete", Contact.objects.all(), values={}, by=administrator, expected=2)
    assert not BulkRun.objects.exists()


# Who


def test_a_rep_never_changes_what_they_cannot_edit(rep, run_jobs):
    """A rep sees the accounts of everybody, and changes those of their team."""
    own = AccountFactory.create_batch(40, owner=rep)
    foreign = AccountFactory.create_batch(40, owner=UserFactory(team=TeamFactory(), name="Olga Other"))
    run = begin("edit", [*own, *foreign], rep, "crm.account", field="city", value="Kiel")
    run_jobs()
    run.refresh_from_db()
    assert counts(run) == ("done", 40, 40, 0)
    assert set(Account.objects.filter(city="Kiel")) == set(own)
    why = run.items.filter(verdict="skipped").first().sentence
    assert "your role does not let you change it. It belongs to Olga Other" in why


def test_a_rep_cannot_select_what_they_do_not_see(rep):
    hidden = ContactFactory(owner=UserFactory(team=TeamFactory()))
    with pytest.raises(Invalid, match="Nothing is selected"):
        begin("tag", [hidden], rep, tags="VIP")
    assert not BulkItem.objects.exists()


def test_what_is_taken_out_of_reach_meanwhile_is_left_alone(rep, run_jobs):
    contacts = ContactFactory.create_batch(60, owner=rep)
    run = begin("edit", contacts, rep, field="city", value="Kiel")
    other = UserFactory(team=TeamFactory())
    Contact.objects.filter(pk__in=[c.pk for c in contacts[:10]]).update(owner=other)
    run_jobs()
    run.refresh_from_db()
    assert counts(run) == ("done", 50, 10, 0)
    assert run.items.filter(verdict="skipped").first().sentence == "It is no longer there, or no longer yours to see."


def test_a_role_without_the_verb_begins_nothing(rep):
    with pytest.raises(Forbidden, match="Your role does not let you do this: Delete"):
        begin("delete", [AccountFactory(owner=rep)], rep, "crm.account")


# Every built-in action


def test_assigning_tells_the_new_owner_once(manager, rep):
    contacts = ContactFactory.create_batch(3, owner=manager)
    contacts.append(ContactFactory(owner=rep))
    run = begin("assign", contacts, manager, owner=rep.pk)
    assert counts(run) == ("done", 3, 1, 0)
    assert set(Contact.objects.values_list("owner", flat=True)) == {rep.pk}
    note = Notification.objects.get()
    assert (note.user, note.text) == (rep, "Max Manager gave you 3 contacts.")


def test_tags_go_on_and_off(administrator):
    contacts = ContactFactory.create_batch(2)
    begin("tag", contacts[:1], administrator, tags="VIP")
    assert counts(begin("tag", contacts, administrator, tags="vip, Fair")) == ("done", 2, 0, 0)
    assert {tag.name for tag in tags_of(contacts)[contacts[1].pk]} == {"VIP", "Fair"}
    assert counts(begin("untag", contacts, administrator, tags=["Fair", "Never"])) == ("done", 2, 0, 0)
    assert Tagging.objects.count() == 2


def test_records_are_deactivated_and_reactivated(administrator):
    contacts = [ContactFactory(), ContactFactory(is_active=False)]
    assert counts(begin("deactivate", contacts, administrator)) == ("done", 1, 1, 0)
    assert counts(begin("reactivate", contacts, administrator)) == ("done", 2, 0, 0)


def test_deleted_records_rest_in_the_bin_and_are_restored_in_bulk(administrator):
    contacts = ContactFactory.create_batch(2)
    begin("delete", contacts, administrator)
    assert Deletion.objects.in_bin().count() == 2
    rows = Contact.objects.in_bin_reachable_by(administrator, "view")
    run = start_run("crm.contact", "restore", rows, values={}, by=administrator)
    assert counts(run) == ("done", 2, 0, 0)
    assert Contact.objects.alive().count() == 2


def test_tasks_are_marked_as_done(administrator):
    tasks = [ActivityFactory(), ActivityFactory(status="cancelled")]
    run = begin("complete", tasks, administrator, "crm.activity")
    assert counts(run) == ("done", 1, 1, 0)
    assert Activity.objects.get(pk=tasks[0].pk).status == "done"


def test_contacts_go_to_a_list_and_to_a_journey_with_who_was_left_out(marketer):
    contacts, segment = ContactFactory.create_batch(3), ListFactory(owner=marketer)
    begin("marketing.list", contacts[:1], marketer, segment=segment.pk)
    run = begin("marketing.list", contacts, marketer, segment=segment.pk)
    assert counts(run) == ("done", 2, 1, 0)
    assert verdicts(run)[contacts[0].pk] == ("skipped", "It is on the list already.")


@pytest.mark.parametrize(
    ("action", "values", "field"),
    [
        ("edit", {}, "values.field"),
        ("edit", {"field": "city", "value": "x" * 101}, "values.value"),
        ("edit", {"field": "is_active", "value": "no"}, "values.field"),
        ("edit", {"field": "owner", "value": "1"}, "values.field"),
        ("assign", {"owner": 0}, "values.owner"),
        ("tag", {"tags": ""}, "values.tags"),
        ("tag", {"tags": "x" * 61}, "values.tags"),
        ("nothing", {}, "action"),
    ],
)
def test_what_makes_no_sense_begins_nothing(administrator, action, values, field):
    with pytest.raises(Invalid) as refused:
        begin(action, [ContactFactory()], administrator, **values)
    assert refused.value.field == field
    assert not BulkRun.objects.exists()


def test_a_row_that_breaks_its_batch_does_not_take_the_others_along(administrator, run_jobs, monkeypatch):
    contacts = ContactFactory.create_batch(60)
    culprit, edit = contacts[20].pk, edits.edit

    def broken(batch):
        if any(row.pk == culprit for row in batch.rows):
            raise ZeroDivisionError
        return edit(batch)

    action = bulk_actions.get("crm.contact", "edit")
    monkeypatch.setitem(action.__dict__, "run", broken)
    run = begin("edit", contacts, administrator, field="city", value="Kiel")
    run_jobs()
    run.refresh_from_db()
    assert counts(run) == ("done", 59, 0, 1)
    assert run.items.get(verdict="failed").record_id == culprit


# Cancelled, resumed


def test_a_cancelled_run_keeps_what_is_done_and_goes_no_further(administrator, run_jobs):
    run = begin("edit", ContactFactory.create_batch(60), administrator, field="city", value="Kiel")
    with jobs.claim() as token:
        BulkRun.objects.filter(pk=run.pk).update(claim=token)
        work._run_batch(run.pk, token, 25)
    cancel_run(BulkRun.objects.get(pk=run.pk), by=administrator)
    run_jobs()
    run.refresh_from_db()
    assert (run.status, run.done_count) == ("cancelled", 25)
    assert Contact.objects.filter(city="Kiel").count() == 25
    with pytest.raises(NotAllowed, match="nothing to cancel"):
        cancel_run(run, by=administrator)


def test_a_run_whose_worker_died_goes_on_where_it_stopped(administrator, run_jobs):
    run = begin("edit", ContactFactory.create_batch(60), administrator, field="city", value="Kiel")
    token = jobs.new_claim()
    BulkRun.objects.filter(pk=run.pk).update(claim=token)
    work._run_batch(run.pk, token, 25)
    run_jobs()
    assert BulkRun.objects.get(pk=run.pk).done_count == 25
    Claim.objects.all().delete()
    run_jobs()
    run.refresh_from_db()
    assert counts(run) == ("done", 60, 0, 0)
    assert set(Contact.objects.values_list("version", flat=True)) == {2}
    with pytest.raises(work.Gone):
        work._run_batch(run.pk, token, 25)


# Reverted


def test_an_edit_is_reverted_but_for_what_somebody_changed_since(administrator):
    kiel, bonn, touched = (ContactFactory(city=city) for city in ("Kiel", "Bonn", "Lübeck"))
    run = begin("edit", [kiel, bonn, touched], administrator, field="city", value="Berlin")
    change_record(touched, {"city": "Wien"}, by=administrator)
    change_record(kiel, {"job_title": "Head"}, by=administrator)
    undoing = revert_run(run, by=administrator)
    assert counts(undoing) == ("done", 2, 1, 0)
    assert verdicts(undoing)[touched.pk] == ("skipped", "“City” was changed by somebody since.")
    cities = Contact.objects.order_by("pk").values_list("city", flat=True)
    assert list(cities) == ["Kiel", "Bonn", "Wien"]
    assert Contact.objects.get(pk=kiel.pk).job_title == "Head"


def test_edits_of_every_kind_of_value_come_back(administrator):
    parent, other = AccountFactory(), AccountFactory(is_active=True)
    account = AccountFactory(parent=parent, annual_revenue=Decimal("12.50"), employees=7, currency_id="EUR")
    for field, value in (("parent", other.pk), ("annual_revenue", "99"), ("employees", ""), ("currency", "USD")):
        before = Account.objects.values(field).get(pk=account.pk)
        run = begin("edit", [account], administrator, "crm.account", field=field, value=value)
        assert counts(run) == ("done", 1, 0, 0), field
        assert counts(revert_run(run, by=administrator)) == ("done", 1, 0, 0), field
        assert Account.objects.values(field).get(pk=account.pk) == before


def test_an_assignment_is_reverted_to_each_former_owner(manager, rep):
    first, second, moved = (
        ContactFactory(owner=manager),
        ContactFactory(owner=None, team=manager.team),
        ContactFactory(owner=manager),
    )
    run = begin("assign", [first, second, moved], manager, owner=rep.pk)
    change_record(moved, {"owner": UserFactory(team=manager.team, name="Nia New")}, by=manager)
    undoing = revert_run(run, by=manager)
    assert counts(undoing) == ("done", 2, 1, 0)
    assert verdicts(undoing)[moved.pk] == ("skipped", "It has been given to Nia New since.")
    assert list(Contact.objects.order_by("pk").values_list("owner__name", flat=True)) == [
        "Max Manager",
        None,
        "Nia New",
    ]


def test_tags_are_reverted_each_row_its_own(administrator):
    had, had_not = ContactFactory(), ContactFactory()
    begin("tag", [had], administrator, tags="VIP")
    run = begin("tag", [had, had_not], administrator, tags="VIP, Fair")
    assert counts(revert_run(run, by=administrator)) == ("done", 2, 0, 0)
    assert [(t.record_id, t.tag.name) for t in Tagging.objects.all()] == [(had.pk, "VIP")]


def test_a_deletion_is_reverted(administrator, run_jobs):
    contacts = ContactFactory.create_batch(60)
    ActivityFactory(contact=contacts[0])
    run = begin("delete", contacts, administrator)
    run_jobs()
    assert not Contact.objects.alive().exists()
    undoing = revert_run(BulkRun.objects.get(pk=run.pk), by=administrator)
    run_jobs()
    undoing.refresh_from_db()
    assert counts(undoing) == ("done", 60, 0, 0)
    assert (Contact.objects.alive().count(), Activity.objects.alive().count()) == (60, 1)


def test_a_run_is_reverted_once_and_a_revert_never(administrator):
    run = begin("edit", [ContactFactory()], administrator, field="city", value="Kiel")
    undoing = revert_run(run, by=administrator)
    for again, why in ((run, "reverted already"), (undoing, "has reverted another one")):
        with pytest.raises(NotAllowed, match=why):
            revert_run(again, by=administrator)


def test_nobody_reverts_the_work_of_another(manager, rep):
    run = begin("edit", [ContactFactory(owner=rep)], rep, field="city", value="Kiel")
    with pytest.raises(Forbidden):
        revert_run(run, by=manager)
