"""The bin: what is deleted is nowhere to be found, comes back whole, and is destroyed when its time is over."""

from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from crm.actions.attachments import attach_file
from crm.actions.bin import delete_record, delete_records, restore_record
from crm.actions.purging import purge_deletion
from crm.actions.tags import tag_records
from crm.errors import NotAllowed
from crm.models import Account, Activity, Attachment, Company, Contact, Deletion, Interaction, Tagging, Touched
from tests.factories.crm import AccountFactory, ActivityFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory, OpportunityFactory

pytestmark = pytest.mark.django_db


def test_a_deleted_record_rests_in_the_bin_and_comes_back(manager):
    account = AccountFactory(name="Northwind", owner=manager)
    deletion = delete_record(account, by=manager)
    assert not Account.objects.visible_to(manager).exists()
    assert (deletion.name, deletion.deleted_by, deletion.state) == ("Northwind", manager, "bin")
    assert restore_record(deletion, by=manager) == account
    assert Account.objects.visible_to(manager).get() == account
    assert Account.objects.get().version == account.version + 2


def test_an_account_leaves_its_contacts_but_takes_its_activities_along(manager):
    account = AccountFactory(owner=manager)
    contact = ContactFactory(account=account)
    own, of_contact = ActivityFactory(account=account), ActivityFactory(account=account, contact=contact)
    deletion = delete_record(account, by=manager)
    assert list(Activity.objects.alive()) == [of_contact]
    assert Contact.objects.alive().get() == contact
    restore_record(deletion, by=manager)
    assert set(Activity.objects.alive()) == {own, of_contact}


def test_a_contact_takes_its_open_lead_and_its_activities_along_and_comes_back_whole(administrator):
    contact = ContactFactory()
    open_lead = LeadFactory(contact=contact)
    closed = LeadFactory(contact=ContactFactory())
    ActivityFactory(contact=contact)
    ActivityFactory(contact=contact, regarding=open_lead)
    deletion = delete_record(contact, by=administrator)
    assert Activity.objects.alive().count() == 0
    assert [str(lead) for lead in type(closed).objects.alive()] == [str(closed)]
    assert deletion.rows.count() == 3
    restore_record(deletion, by=administrator)
    assert Activity.objects.alive().count() == 2
    assert type(closed).objects.alive().count() == 2


def test_what_was_deleted_before_stays_in_the_bin_when_the_contact_comes_back(administrator):
    contact = ContactFactory()
    task = ActivityFactory(contact=contact)
    delete_record(task, by=administrator)
    restore_record(delete_record(contact, by=administrator), by=administrator)
    assert not Activity.objects.alive().exists()
    assert Deletion.objects.in_bin().get().record == task


def test_an_activity_comes_back_only_after_its_contact(administrator):
    contact = ContactFactory(first_name="Asha", last_name="Rao")
    gone = delete_record(ActivityFactory(contact=contact, subject="Call"), by=administrator)
    whole = delete_record(contact, by=administrator)
    with pytest.raises(NotAllowed, match="Restore Asha Rao first"):
        restore_record(gone, by=administrator)
    assert not Activity.objects.alive().exists()
    restore_record(whole, by=administrator)
    restore_record(gone, by=administrator)
    assert Activity.objects.alive().exists()


def test_deleting_and_restoring_are_in_the_history_and_in_the_log(administrator):
    contact = ContactFactory()
    task = ActivityFactory(contact=contact)
    Touched.objects.all().delete()
    restore_record(delete_record(contact, by=administrator), by=administrator)
    entries = LogEntry.objects.get_for_object(contact).filter(actor=administrator).order_by("pk")
    assert [(e.action, e.changes["deleted_at"][0] == "None") for e in entries] == [(2, True), (1, False)]
    assert LogEntry.objects.get_for_object(task).filter(actor=administrator).count() == 2
    kinds = Interaction.objects.filter(contact=contact).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["record.deleted", "record.restored"]
    assert set(Touched.objects.values_list("contact_id", flat=True)) == {contact.pk}


def test_a_record_that_must_stay_does_not_hold_back_the_others(administrator):
    busy, free = AccountFactory(name="Busy"), AccountFactory(name="Free")
    OpportunityFactory(account=busy, by=administrator)
    done = delete_records([busy, free], by=administrator)
    assert list(done.deletions) == [free.pk]
    assert done.refused == {busy.pk: "Busy has an open opportunity. Close or delete it first."}


def test_a_hundred_records_are_deleted_in_as_many_queries_as_three(administrator, django_assert_max_num_queries):
    contacts = ContactFactory.create_batch(100)
    for contact in contacts[:50]:
        LeadFactory(contact=contact)
    with django_assert_max_num_queries(40):
        delete_records(contacts, by=administrator)


# Who


def test_a_rep_deletes_what_is_theirs_and_finds_it_in_the_bin(client, rep):
    task = ActivityFactory(owner=rep, subject="Call back")
    client.force_login(rep)
    answered = client.post(reverse("crm:record-delete", args=["crm.activity", task.pk]), follow=True)
    assert "“Call back” is in the bin." in answered.content.decode()
    assert "Call back" in client.get(reverse("crm:bin")).content.decode()
    deletion = Deletion.objects.get()
    assert client.post(reverse("crm:bin-restore", args=[deletion.pk])).url == task.get_absolute_url()
    assert Activity.objects.alive().get() == task


def test_a_rep_cannot_delete_or_restore_what_the_role_does_not_reach(client, rep, administrator):
    account = AccountFactory(owner=rep, name="Northwind")
    client.force_login(rep)
    assert client.post(reverse("crm:record-delete", args=["crm.account", account.pk])).status_code == 403
    deletion = delete_record(account, by=administrator)
    assert client.post(reverse("crm:bin-restore", args=[deletion.pk])).status_code == 403
    assert client.post(f"/api/v1/accounts/{account.pk}/restore/").status_code == 403
    assert "ask whoever deleted it" in client.get(reverse("crm:deletion", args=[deletion.pk])).content.decode()
    assert client.post(reverse("crm:bin-purge"), {"ids": [deletion.pk]}).status_code == 403


def test_the_bin_shows_nothing_of_another_team(client, rep, administrator):
    other = UserFactory(roles=["rep"], team=TeamFactory())
    lead = LeadFactory(owner=other, topic="Secret")
    deletion = delete_record(lead, by=other)
    client.force_login(rep)
    assert "Secret" not in client.get(reverse("crm:bin")).content.decode()
    for address in (reverse("crm:deletion", args=[deletion.pk]), f"/api/v1/bin/{deletion.pk}/"):
        assert client.get(address).status_code == 404
    assert client.post(reverse("crm:bin-restore", args=[deletion.pk])).status_code == 404
    assert client.post(f"/api/v1/leads/{lead.pk}/restore/").status_code == 404
    assert client.get("/api/v1/bin/").json()["results"] == []


def test_who_went_along_is_named_only_to_those_who_may_see_them(client, manager, administrator):
    contact = ContactFactory(first_name="Asha", last_name="Rao")
    LeadFactory(contact=contact, owner=UserFactory(team=TeamFactory()), topic="Another team’s")
    LeadFactory(contact=ContactFactory(), owner=manager)
    deletion = delete_record(contact, by=administrator)
    client.force_login(manager)
    page = client.get(reverse("crm:deletion", args=[deletion.pk])).content.decode()
    assert "Another team’s" not in page
    assert "and 1 more" in page


# Pages


def test_the_bin_can_be_searched_and_narrowed_and_several_come_back_at_once(client, administrator):
    delete_record(AccountFactory(name="Northwind"), by=administrator)
    delete_record(AccountFactory(name="Southwind"), by=administrator)
    delete_record(ContactFactory(last_name="Rao"), by=administrator)
    client.force_login(administrator)
    shown = client.get(
        reverse("crm:bin"), {"q": "wind", "kind": "crm.account", "by": administrator.pk}
    ).content.decode()
    assert ("Northwind" in shown, "Southwind" in shown, "Rao" in shown) == (True, True, False)
    ids = list(Deletion.objects.values_list("pk", flat=True))
    answered = client.post(reverse("crm:bin-restore-many"), {"ids": ids}, follow=True)
    assert "3 records are back." in answered.content.decode()
    assert "The bin is empty" in answered.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_bin_asks_as_much_with_three_lines_as_with_one(client, administrator, django_assert_max_num_queries, count):
    for contact in ContactFactory.create_batch(count):
        ActivityFactory(contact=contact)
        delete_record(contact, by=administrator)
    client.force_login(administrator)
    with django_assert_max_num_queries(20):
        client.get(reverse("crm:bin"))


# The API


def test_the_api_deletes_into_the_bin_and_restores(client, administrator):
    contact = ContactFactory()
    task = ActivityFactory(contact=contact)
    client.force_login(administrator)
    assert client.delete(f"/api/v1/contacts/{contact.pk}/").status_code == 204
    assert client.get(f"/api/v1/contacts/{contact.pk}/").status_code == 404
    (line,) = client.get("/api/v1/bin/").json()["results"]
    assert (line["kind"], line["record"], line["along"]) == ("crm.contact", contact.pk, [f"crm.activity:{task.pk}"])
    assert client.post(f"/api/v1/contacts/{contact.pk}/restore/").json()["id"] == contact.pk
    assert client.get(f"/api/v1/contacts/{contact.pk}/").status_code == 200
    client.delete(f"/api/v1/contacts/{contact.pk}/")
    pk = client.get("/api/v1/bin/?kind=crm.contact").json()["results"][0]["id"]
    assert client.post(f"/api/v1/bin/{pk}/restore/").json()["state"] == "restored"


def test_the_api_says_why_a_record_must_stay(client, administrator):
    account = AccountFactory(name="Northwind")
    OpportunityFactory(account=account, by=administrator)
    client.force_login(administrator)
    answer = client.delete(f"/api/v1/accounts/{account.pk}/")
    assert (answer.status_code, answer.json()["title"]) == (
        409,
        "Northwind has an open opportunity. Close or delete it first.",
    )


# Destroyed


def test_destroying_takes_the_row_its_tags_and_its_history_and_keeps_who_did_it(client, administrator):
    contact = ContactFactory(last_name="Rao")
    ActivityFactory(contact=contact)
    tag_records([contact], ["VIP"], by=administrator)
    attach_file(contact, SimpleUploadedFile("offer.txt", b"Dear Asha"), by=administrator)
    deletion = delete_record(contact, by=administrator)
    client.force_login(administrator)
    client.post(reverse("crm:bin-purge"), {"ids": [deletion.pk]})
    assert not Contact.objects.exists()
    assert not Activity.objects.exists()
    assert not Tagging.objects.exists()
    assert not Attachment.objects.exists()
    entry = LogEntry.objects.filter(object_id=contact.pk, content_type__model="contact").get()
    assert (entry.object_repr, entry.actor, entry.changes) == (f"Contact {contact.pk}", administrator, {})
    deletion.refresh_from_db()
    assert (deletion.state, deletion.name, deletion.settled_by) == ("purged", f"Contact {contact.pk}", administrator)


def test_nothing_alive_is_torn_out_with_what_is_destroyed(administrator):
    contact = ContactFactory(last_name="Rao", first_name="Asha")
    lead = LeadFactory(contact=contact, topic="Closed long ago")
    lead.disqualify("lost")
    lead.save()
    deletion = delete_record(contact, by=administrator)
    with pytest.raises(NotAllowed, match="still needed by the lead “Closed long ago”"):
        purge_deletion(deletion, by=administrator, now=timezone.now())
    assert Contact.objects.filter(pk=contact.pk).exists()


def test_what_has_rested_long_enough_is_destroyed_by_itself(administrator, run_jobs):
    Company.objects.create(pk=1, name="Tandem", bin_days=30)
    old, needed = AccountFactory(), ContactFactory()
    lead = LeadFactory(contact=needed)
    lead.disqualify("lost")
    lead.save()
    for record in (old, needed):
        delete_record(record, by=administrator)
    run_jobs(later=timedelta(days=29))
    assert Deletion.objects.in_bin().count() == 2
    run_jobs(later=timedelta(days=31))
    assert not Account.objects.filter(pk=old.pk).exists()
    resting = Deletion.objects.in_bin().get()
    assert (resting.record, "still needed" in resting.problem) == (needed, True)
