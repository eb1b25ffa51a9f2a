"""Two records become one, field by field and row by row, and two again."""

import pytest
from auditlog.models import LogEntry
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from crm.actions.attachments import attach_file
from crm.actions.bin import delete_record
from crm.actions.contacts import capture_contact
from crm.actions.merging import GATHERED_AFTER, gather_latecomers, is_late, merge_records
from crm.actions.privacy import forget_person
from crm.actions.purging import purge_deletion
from crm.actions.shares import share_record
from crm.actions.tags import set_tags, tags_of
from crm.actions.unmerging import undo_merge, why_not_undone
from crm.errors import Forbidden, Invalid, NotAllowed, Stale
from crm.hooks import merging
from crm.log.recording import record
from crm.models import (
    Account,
    AccountRole,
    Activity,
    Attachment,
    Contact,
    Duplicate,
    Interaction,
    Merge,
    MergedRow,
    Notification,
)
from crm.queries.history import history_of
from journeys.actions.participants import add_contacts
from journeys.models import Participant
from marketing.actions.scores import create_scoring_model
from marketing.models import Registration, Score
from sales.models import Lead
from tests.factories.crm import AccountFactory, ActivityFactory, ContactFactory, UserFactory
from tests.factories.custom_fields import PLANS, custom_field
from tests.factories.deals import LeadFactory, OpportunityFactory
from tests.factories.journeys import NOON, live_journey, node
from tests.factories.marketing_events import EventFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def scoring_model(marketer, run_jobs):
    rules = [{"label": "Answered", "when": {"did": "form.submitted"}, "points": 5, "limit": None}]
    create_scoring_model(name="Interest", warm_at=10, ready_at=25, rules=rules, by=marketer)
    run_jobs()


@pytest.fixture
def two():
    """The same person twice: each knows something that the other does not."""
    stays = ContactFactory(first_name="Asha", last_name="Rao", email="asha@customer.example", city="Pune", phone="")
    goes = ContactFactory(first_name="Asha", last_name="Rao-Iyer", email="", city="Mumbai", phone="+49 30 1234567")
    return stays, goes


def fresh(*records):
    return [type(one)._base_manager.get(pk=one.pk) for one in records]


def test_the_winners_values_stay_blanks_are_filled_and_what_was_chosen_is_the_losers(two, administrator):
    stays, goes = two
    merge_records(stays, goes, {"last_name": "Rao-Iyer"}, by=administrator)
    stays, goes = fresh(stays, goes)
    assert (stays.last_name, stays.city, stays.phone, stays.email) == (
        "Rao-Iyer", "Pune", "+49 30 1234567", "asha@customer.example",
    )  # fmt: skip
    assert (goes.merged_into, goes.deleted_at is not None) == (stays, True)
    assert Contact.objects.alive().get() == stays
    assert not Contact.objects.in_bin().exists()


def test_an_undo_makes_two_of_them_again_as_they_were(two, administrator):
    before = [{f.attname: getattr(one, f.attname) for f in one._meta.concrete_fields} for one in fresh(*two)]
    merge = merge_records(*two, {"last_name": "Rao-Iyer", "city": "Mumbai"}, by=administrator)
    merge = undo_merge(merge, by=administrator)
    after = [{f.attname: getattr(one, f.attname) for f in one._meta.concrete_fields} for one in fresh(*two)]
    for one, other in zip(before, after, strict=True):
        moved_on = {name for name in one if one[name] != other[name]}
        assert moved_on <= {"version", "updated_at", "normal_version"}
    assert (merge.report, merge.undone_by) == ([], administrator)


@pytest.mark.parametrize(
    ("values", "field"), [({"city": "Berlin"}, "city"), ({"shoe_size": 4}, "shoe_size"), ({"owner": 99}, "owner")]
)
def test_a_value_that_neither_has_is_refused_at_its_field(two, administrator, values, field):
    with pytest.raises(Invalid) as problem:
        merge_records(*two, values, by=administrator)
    assert problem.value.field == field
    assert not Merge.objects.exists()


def test_every_row_of_every_app_goes_along_and_comes_back(two, administrator, rep):
    stays, goes = two
    account, event = AccountFactory(primary_contact=goes), EventFactory()
    rows = [
        ActivityFactory(contact=goes, regarding=goes),
        LeadFactory(contact=goes),
        OpportunityFactory(contact=goes, account=None),
        AccountRole.objects.create(contact=goes, account=account, role="Adviser"),
        Registration.objects.create(event=event, contact=goes, registered_at=timezone.now()),
    ]
    record("form.submitted", contact=goes, data={"title": "Webinar"})
    attach_file(goes, SimpleUploadedFile("a.txt", b"hello"), by=administrator)
    set_tags(goes, ["Partner"], by=administrator)
    share_record(goes, with_=rep, by=administrator)
    merge = merge_records(stays, goes, by=administrator)
    assert {one.contact for one in fresh(*rows)} == {stays}
    assert fresh(rows[0])[0].regarding == stays
    assert fresh(account)[0].primary_contact == stays
    assert [tag.name for tag in tags_of([stays])[stays.pk]] == ["Partner"]
    assert Attachment.objects.get().record_id == stays.pk
    assert Interaction.objects.get(kind="form.submitted").contact == stays
    assert Contact.objects.visible_to(rep).filter(pk=stays.pk).exists()
    undo_merge(merge, by=administrator)
    assert {one.contact for one in fresh(*rows)} == {goes}
    assert fresh(rows[0])[0].regarding == goes
    assert fresh(account)[0].primary_contact == goes
    assert Interaction.objects.get(kind="form.submitted").contact == goes
    assert not tags_of([stays]).get(stays.pk)


def test_what_both_have_once_is_kept_aside_and_brought_back(two, administrator):
    stays, goes = two
    event, now = EventFactory(), timezone.now()
    mine = Registration.objects.create(event=event, contact=stays, registered_at=now)
    theirs = Registration.objects.create(event=event, contact=goes, registered_at=now, status="attended")
    merge = merge_records(stays, goes, by=administrator)
    assert [(one.pk, one.status) for one in Registration.objects.all()] == [(mine.pk, "attended")]
    undo_merge(merge, by=administrator)
    assert dict(Registration.objects.values_list("pk", "status")) == {mine.pk: "registered", theirs.pk: "attended"}


def test_two_open_leads_become_one_and_two_again(two, administrator):
    stays, goes = two
    mine, theirs = LeadFactory(contact=stays, topic="One"), LeadFactory(contact=goes, topic="Two", company_name="Acme")
    task = ActivityFactory(regarding=theirs, contact=goes)
    merge = merge_records(stays, goes, by=administrator)
    assert Lead.objects.alive().get() == mine
    assert fresh(task)[0].regarding == mine
    undo_merge(merge, by=administrator)
    assert {lead.contact for lead in Lead.objects.alive().open()} == {stays, goes}
    assert (fresh(task)[0].regarding, fresh(task)[0].contact) == (theirs, goes)
    assert {one.undone_by for one in Merge.objects.all()} == {administrator}


def test_a_chain_of_merges_leads_to_the_last_and_is_undone_from_its_end(administrator):
    a, b, c = ContactFactory(last_name="A"), ContactFactory(last_name="B"), ContactFactory(last_name="C")
    deal = OpportunityFactory(contact=a, account=None)
    first = merge_records(b, a, by=administrator)
    second = merge_records(c, b, by=administrator)
    assert [one.merged_into for one in fresh(a, b)] == [c, c]
    assert fresh(deal)[0].contact == c
    with pytest.raises(NotAllowed, match="Undo that merge first"):
        undo_merge(first, by=administrator)
    assert "was merged later" in why_not_undone(first)
    undo_merge(second, by=administrator)
    assert [one.merged_into for one in fresh(a, b)] == [b, None]
    assert fresh(deal)[0].contact == b
    undo_merge(first, by=administrator)
    assert [one.merged_into for one in fresh(a, b, c)] == [None, None, None]
    assert fresh(deal)[0].contact == a
    with pytest.raises(NotAllowed, match="undone already"):
        undo_merge(first, by=administrator)


def test_what_somebody_changed_since_stays_and_is_told(two, administrator):
    stays, goes = two
    task = ActivityFactory(contact=goes)
    merge = merge_records(stays, goes, {"city": "Mumbai"}, by=administrator)
    Contact.objects.filter(pk=stays.pk).update(city="Delhi")
    Activity.objects.filter(pk=task.pk).update(contact=ContactFactory())
    merge = undo_merge(merge, by=administrator)
    assert fresh(stays)[0].city == "Delhi"
    assert len(merge.report) == 2
    assert any("stays “Delhi”" in line for line in merge.report)


def test_what_stays_after_an_undo_is_told_in_words(administrator):
    custom_field("crm.account", "plan", "choice", choices=PLANS)
    stays, goes = (
        AccountFactory(name="Northwind"),
        AccountFactory(vat_id="DE1", owner=administrator, custom={"plan": "gold"}),
    )
    merge = merge_records(stays, goes, by=administrator)
    colleague = UserFactory(name="Cora Colleague")
    Account.objects.filter(pk=stays.pk).update(vat_id="DE2", owner=colleague, custom={"plan": "silver"})
    assert set(undo_merge(merge, by=administrator).report) == {
        "VAT id of “Northwind” was changed since and stays “DE2”.",
        "Owner of “Northwind” was changed since and stays “Cora Colleague”.",
        "The custom fields of “Northwind” were changed since and stay as they are.",
    }
    assert fresh(stays)[0].vat_id == "DE2"


def test_accounts_take_their_people_and_children_and_keep_the_tree(administrator):
    top = AccountFactory(name="Top")
    goes = AccountFactory(name="Northwind Ltd", parent=top)
    between = AccountFactory(name="Between", parent=goes)
    stays = AccountFactory(name="Northwind", parent=between)
    person = ContactFactory(account=goes)
    merge = merge_records(stays, goes, by=administrator)
    assert [one.parent for one in fresh(stays, between)] == [top, stays]
    assert fresh(person)[0].account == stays
    fresh(stays)[0].clean()
    undo_merge(merge, by=administrator)
    assert [one.parent for one in fresh(goes, between, stays)] == [top, goes, between]
    assert fresh(person)[0].account == goes


def test_a_custom_field_that_points_at_the_loser_points_at_the_winner(administrator):
    custom_field("crm.contact", "partner", "lookup", to="crm.account")
    custom_field("crm.account", "plan", "choice", choices=PLANS)
    stays, goes = AccountFactory(custom={}), AccountFactory(custom={"plan": "gold"})
    adviser = ContactFactory(custom={"partner": goes.pk})
    merge = merge_records(stays, goes, by=administrator)
    assert fresh(adviser)[0].custom == {"partner": stays.pk}
    assert fresh(stays)[0].custom == {"plan": "gold"}
    undo_merge(merge, by=administrator)
    assert fresh(adviser)[0].custom == {"partner": goes.pk}
    assert fresh(stays)[0].custom == {}


def test_who_is_in_a_journey_twice_goes_on_once(two, administrator):
    stays, goes = two
    journey = live_journey({"w": node("wait_for", amount=1, unit="hours"), "e": node("end")})
    add_contacts(journey, contacts=[one.pk for one in two], by=administrator, now=NOON)
    merge = merge_records(stays, goes, by=administrator)
    assert [one.contact for one in Participant.objects.active()] == [stays]
    undo_merge(merge, by=administrator)
    assert {one.contact for one in Participant.objects.active()} == {stays, goes}


def test_leads_of_two_people_are_not_merged(administrator):
    with pytest.raises(NotAllowed, match="about two people"):
        merge_records(LeadFactory(), LeadFactory(), by=administrator)


def test_a_stale_choice_is_refused(two, administrator):
    stays, goes = two
    seen = (stays.version, goes.version)
    Contact.objects.filter(pk=goes.pk).update(version=9)
    with pytest.raises(Stale):
        merge_records(stays, goes, by=administrator, versions=seen)


@pytest.mark.parametrize("state", ["itself", "in the bin", "inactive", "merged"])
def test_what_cannot_be_merged_says_why(two, administrator, state):
    stays, goes = two
    if state == "itself":
        goes = stays
    elif state == "in the bin":
        Contact.objects.filter(pk=goes.pk).update(deleted_at=timezone.now())
    elif state == "inactive":
        Contact.objects.filter(pk=stays.pk).update(is_active=False)
    else:
        merge_records(ContactFactory(), goes, by=administrator)
    with pytest.raises((NotAllowed, Invalid, Forbidden)):
        merge_records(stays, goes, by=administrator)


def test_a_rep_merges_only_what_is_within_reach(two, rep):
    stays, goes = two
    Contact.objects.filter(pk=stays.pk).update(owner=rep)
    with pytest.raises(Forbidden):
        merge_records(*fresh(stays, goes), by=rep)


def test_the_owner_of_the_loser_is_told_and_the_history_and_the_log_tell_it(two, administrator, rep):
    stays, goes = two
    Contact.objects.filter(pk=goes.pk).update(owner=rep)
    merge_records(stays, fresh(goes)[0], by=administrator)
    assert "merged your contact “Asha Rao-Iyer” into “Asha Rao”" in Notification.objects.get(user=rep).text
    assert LogEntry.objects.get_for_object(stays).first().additional_data["source"] == "merge"
    assert Interaction.objects.get(kind="record.merged").contact == stays
    assert Interaction.objects.get(kind="record.merged").data["quiet"] == "merge"
    assert history_of(fresh(stays)[0], administrator).events


def test_pairs_are_settled_and_open_again_after_the_undo(two, administrator):
    stays, goes = two
    other = ContactFactory()
    pair = Duplicate.objects.create(
        kind="crm.contact", first_id=stays.pk, second_id=goes.pk, strength=2, reasons="email", found_by="search",
        found_at=timezone.now(),
    )  # fmt: skip
    further = Duplicate.objects.create(
        kind="crm.contact", first_id=goes.pk, second_id=other.pk, strength=1, reasons="phone", found_by="search",
        found_at=timezone.now(),
    )  # fmt: skip
    merge = merge_records(stays, goes, by=administrator)
    assert fresh(pair)[0].status == "merged"
    assert (fresh(further)[0].first_id, fresh(further)[0].second_id) == (stays.pk, other.pk)
    undo_merge(merge, by=administrator)
    assert fresh(pair)[0].status == "open"
    assert fresh(further)[0].first_id == goes.pk


def test_what_comes_late_for_the_loser_follows(two, administrator):
    stays, goes = two
    merge = merge_records(stays, goes, by=administrator)
    late = Activity.objects.create(kind="note", subject="Late", contact=goes, status="done", done_at=timezone.now())
    assert not is_late(timezone.now())
    later = timezone.now() + GATHERED_AFTER
    assert is_late(later)
    gather_latecomers(later)
    assert fresh(late)[0].contact == stays
    undo_merge(merge, by=administrator)
    assert fresh(late)[0].contact == goes


def test_the_scores_are_those_of_both_together(two, administrator, run_jobs, scoring_model):
    stays, goes = two
    for one in two:
        record("form.submitted", contact=one, data={})
    run_jobs()
    alone = Score.objects.get(contact=stays).points
    merge = merge_records(stays, goes, by=administrator)
    run_jobs()
    assert Score.objects.get(contact=stays).points == 2 * alone > 0
    undo_merge(merge, by=administrator)
    run_jobs()
    assert dict(Score.objects.values_list("contact", "points")) == {stays.pk: alone, goes.pk: alone}


def test_who_writes_from_the_address_of_the_merged_one_is_the_one_that_stays(administrator):
    stays, goes = ContactFactory(), ContactFactory(email="old@customer.example")
    merge_records(stays, goes, by=administrator)
    assert capture_contact(email="Old@customer.example") == (stays, False)


def test_whoever_is_erased_is_erased_as_the_merged_one_too(two, administrator):
    stays, goes = two
    merge_records(stays, goes, by=administrator)
    forget_person(fresh(stays)[0], mode="erase", reason="She asked", by=administrator)
    assert fresh(goes)[0].last_name == "Erased person"
    assert not Merge.objects.exists()
    assert not MergedRow.objects.exists()


def test_whoever_is_destroyed_leaves_no_merged_one_behind(two, administrator):
    stays, goes = two
    merge_records(stays, goes, by=administrator)
    deletion = delete_record(fresh(stays)[0], by=administrator)
    purge_deletion(deletion, by=administrator, now=timezone.now())
    assert not Contact._base_manager.exists()
    assert not Merge.objects.exists()


def test_every_column_that_names_a_mergeable_record_moves_or_is_said_to_stay():
    models = {merging.model_of(kind) for kind in merging.kinds()}
    naming = set()
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.label_lower
        names = {field.attname for field in model._meta.concrete_fields}
        naming |= {(label, field.attname) for field in model._meta.concrete_fields if field.related_model in models}
        if any(field.related_model is ContentType for field in model._meta.concrete_fields):
            naming |= {(label, name) for name in names & {"record_id", "object_id", "regarding_id"}}
        else:
            naming |= {
                (label, name) for name in names & {"contact_id", "account_id", "lead_id", "record_id", "source_id"}
            }
    others = {"socialaccount.socialtoken", "admin.logentry", "auth.permission", "crm.merge", "crm.mergedrow"}
    assert {one for one in naming - merging.declared() if one[0] not in others} == set()


def test_what_is_kept_aside_has_nothing_hanging_on_it():
    """Rows that are removed come back alone: what the database would tear out with them would be lost."""
    for kind in merging.kinds():
        for move in merging.moves_on(kind):
            if move.once_per and not move.leaves_like:
                hanging = [one for one in move.model._meta.related_objects if not one.hidden]
                assert hanging == [], move.name
