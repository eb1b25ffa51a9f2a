"""The API of accounts, contacts, activities, interactions and campaigns."""

import pytest

from crm.models import Activity, Contact, Interaction
from tests.factories.crm import ContactFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(rep):
    from rest_framework.test import APIClient

    client = APIClient()
    client.force_authenticate(rep)
    return client


def test_a_contact_is_made_read_and_changed_only_in_its_version(api, rep):
    made = api.post("/api/v1/contacts/", {"last_name": "Rao", "email": "asha@customer.example"})
    assert (made.status_code, made.data["owner"]) == (201, rep.pk)
    address = f"/api/v1/contacts/{made.data['id']}/"
    assert api.get(address)["ETag"] == '"1"'
    assert api.patch(address, {"city": "Pune"}, headers={"If-Match": '"1"'}).data["version"] == 2
    assert api.patch(address, {"city": "Berlin"}, headers={"If-Match": '"1"'}).status_code == 412
    assert Contact.objects.get().city == "Pune"


def test_what_is_not_seen_is_404_and_cannot_be_named(api):
    hidden = ContactFactory(owner=UserFactory(team=TeamFactory()))
    assert api.get(f"/api/v1/contacts/{hidden.pk}/").status_code == 404
    answer = api.post("/api/v1/activities/", {"kind": "note", "subject": "Hello", "contact": hidden.pk})
    assert answer.status_code == 400
    answer = api.post(
        "/api/v1/activities/", {"kind": "note", "subject": "Hello", "regarding": f"crm.contact:{hidden.pk}"}
    )
    assert answer.status_code == 400
    assert not Activity.objects.exists()


def test_an_activity_is_logged_and_completed(api, rep):
    contact = ContactFactory(owner=rep)
    task = api.post(
        "/api/v1/activities/", {"kind": "task", "subject": "Send", "regarding": f"crm.contact:{contact.pk}"}
    )
    assert (task.status_code, task.data["status"], task.data["regarding"]) == (201, "open", f"crm.contact:{contact.pk}")
    done = api.post(f"/api/v1/activities/{task.data['id']}/complete/", {"outcome": "sent"})
    assert (done.status_code, done.data["status"], done.data["outcome"]) == (200, "done", "sent")
    assert api.post(f"/api/v1/activities/{task.data['id']}/complete/", {}).status_code == 409
    timeline = api.get(f"/api/v1/contacts/{contact.pk}/timeline/")
    assert [row["title"] for row in timeline.data["happenings"]] == ["Send"]


def test_an_appointment_without_its_times_is_told_so(api, rep):
    answer = api.post("/api/v1/activities/", {"kind": "appointment", "subject": "Demo"})
    assert answer.status_code == 400
    assert "due_at" in str(answer.data)


def test_a_custom_trigger_is_one_row_however_often_it_is_sent(api, rep):
    contact = ContactFactory(owner=rep)
    body = {"contact": contact.pk, "name": "trial-started", "key": "trial-7", "data": {"plan": "team"}}
    for _ in range(2):
        answer = api.post("/api/v1/interactions/", body)
        assert answer.status_code == 201
    row = Interaction.objects.get()
    assert (row.kind, row.data) == ("trigger.received", {"plan": "team", "title": "trial-started"})
    assert [r["id"] for r in api.get("/api/v1/interactions/?kind=trigger.received").data["results"]] == [row.pk]


def test_interactions_of_hidden_contacts_are_hidden(api):
    from crm.log.recording import record

    record("email.opened", contact=ContactFactory(owner=UserFactory(team=TeamFactory())))
    assert api.get("/api/v1/interactions/").data["results"] == []


def test_lists_are_filtered_as_the_pages_are(api, rep):
    wanted = ContactFactory(owner=rep, first_name="Asha", last_name="Rao", country="DE")
    ContactFactory(owner=rep, first_name="Asha", last_name="Rao", country="IN")
    found = api.get("/api/v1/contacts/?q=rao&country=DE").data["results"]
    assert [row["id"] for row in found] == [wanted.pk]


def test_a_rep_reads_campaigns_but_makes_none(api):
    assert api.get("/api/v1/campaigns/").status_code == 200
    assert api.post("/api/v1/campaigns/", {"name": "Webinar"}).status_code == 403
