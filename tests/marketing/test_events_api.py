"""Forms, events and registrations over the API."""

import pytest
from rest_framework.test import APIClient

from crm.models import Contact
from marketing.models import Event, Form, Registration, Submission
from tests.factories.crm import ContactFactory
from tests.factories.marketing_events import EventFactory, FormFactory

pytestmark = pytest.mark.django_db
WEBINAR = {
    "title": "Pumps that think",
    "starts_at": "2099-11-19T14:00:00Z",
    "ends_at": "2099-11-19T15:00:00Z",
    "time_zone": "Europe/Berlin",
    "speakers": [{"name": "Dr. Ito", "title": "CTO"}],
}


@pytest.fixture
def api(marketer):
    client = APIClient()
    client.force_authenticate(marketer)
    return client


def paths_in(response):
    return [error["path"] for error in response.json()["errors"]]


def test_an_event_is_made_published_and_registered_for(api, marketer):
    event = api.post("/api/v1/events/", WEBINAR).json()
    assert (event["status"], event["slug"], event["owner"]) == ("draft", "pumps-that-think", marketer.pk)
    assert [speaker["name"] for speaker in event["speakers"]] == ["Dr. Ito"]
    refused = api.post("/api/v1/registrations/", {"event": event["id"], "email": "asha@example.com"})
    assert (refused.status_code, refused.json()["title"]) == (409, "Registration is not open yet.")
    assert not Contact.objects.exists()
    assert api.post(f"/api/v1/events/{event['id']}/publish/").json()["status"] == "live"
    made = api.post("/api/v1/registrations/", {"event": event["id"], "email": "asha@example.com", "last_name": "Rao"})
    assert (made.status_code, made.json()["status"]) == (201, "registered")
    again = api.post("/api/v1/registrations/", {"event": event["id"], "email": "ASHA@example.com"})
    assert again.json()["id"] == made.json()["id"]
    assert (
        api.get(f"/api/v1/registrations/?event={event['id']}").json()["results"][0]["contact"] == made.json()["contact"]
    )


def test_a_forbidden_step_is_a_conflict_with_its_sentence(api):
    event = EventFactory(title="Pumps")
    response = api.post(f"/api/v1/events/{event.pk}/publish/")
    assert (response.status_code, response.json()["title"]) == (409, "“Pumps” is live: it cannot be published.")


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"ends_at": "2099-11-19T13:00:00Z"}, "ends_at"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"join_url": "javascript:alert(1)"}, "join_url"),
        ({"capacity": 0}, "capacity"),
        ({"confirmation_text": "{{ contact.salary }}"}, "confirmation_text"),
        ({"speakers": [{"title": "CTO"}]}, "speakers/0/name"),
    ],
)
def test_a_wrong_event_is_refused_with_the_path(api, wrong, path):
    response = api.post("/api/v1/events/", {**WEBINAR, **wrong})
    assert (response.status_code, paths_in(response)) == (400, [path])
    assert not Event.objects.exists()


def test_the_same_address_twice_is_refused(api):
    EventFactory(slug="pumps")
    assert paths_in(api.post("/api/v1/events/", {**WEBINAR, "slug": "pumps"})) == ["slug"]


def test_an_event_is_changed_under_its_version(api):
    event = EventFactory()
    stale = api.patch(f"/api/v1/events/{event.pk}/", {"title": "New"}, headers={"if-match": '"7"'})
    good = api.patch(f"/api/v1/events/{event.pk}/", {"title": "New"}, headers={"if-match": '"1"'})
    assert (stale.status_code, good.status_code, good.json()["title"]) == (412, 200, "New")


def test_a_form_is_made_and_answered(api):
    fields = [
        {"name": "email", "kind": "email", "label": "Email", "required": True},
        {"name": "size", "kind": "choice", "label": "Size", "choices": ["Small", "Large"]},
    ]
    form = api.post("/api/v1/forms/", {"name": "Sizes", "slug": "sizes", "fields": fields}).json()
    submit = f"/api/v1/forms/{form['id']}/submit/"
    answer = api.post(submit, {"values": {"email": "asha@example.com", "size": "Large"}, "page": "https://x.example/"})
    assert answer.status_code == 201
    submission = Submission.objects.get()
    assert (submission.contact.email, submission.values["size"]) == ("asha@example.com", "Large")
    wrong = api.post(submit, {"values": {"email": "asha", "size": "Huge"}})
    assert (wrong.status_code, paths_in(wrong)) == (400, ["values/email", "values/size"])
    unknown = api.post(submit, {"values": {"email": "a@example.com", "colour": "red"}})
    assert (unknown.status_code, paths_in(unknown)) == (400, ["values/colour"])


def test_a_wrong_definition_is_refused_with_the_path(api):
    response = api.post("/api/v1/forms/", {"name": "A", "slug": "a", "fields": [{"name": "a", "kind": "colour"}]})
    assert (response.status_code, paths_in(response)) == (400, ["fields/0/kind"])
    assert not Form.objects.exists()


def test_answering_the_form_of_an_event_registers(api):
    event = EventFactory()
    values = {"first_name": "Asha", "last_name": "Rao", "email": "asha@example.com"}
    assert api.post(f"/api/v1/forms/{event.form.pk}/submit/", {"values": values}).status_code == 201
    assert Registration.objects.get().event == event


def test_a_rep_reads_events_but_cannot_change_them_and_does_not_see_forms(api, rep):
    event = EventFactory()
    api.force_authenticate(rep)
    assert api.get(f"/api/v1/events/{event.pk}/").status_code == 200
    assert api.post(f"/api/v1/events/{event.pk}/cancel/").status_code == 403
    assert api.post("/api/v1/events/", WEBINAR).status_code == 403
    assert api.get(f"/api/v1/forms/{event.form.pk}/").status_code == 404
    FormFactory()
    assert api.get("/api/v1/forms/").json()["results"] == []


def test_a_rep_sees_only_registrations_of_people_they_see(api, rep):
    event = EventFactory()
    for contact in (ContactFactory(owner=rep), ContactFactory()):
        Registration.objects.create(event=event, contact=contact, registered_at=event.starts_at)
    api.force_authenticate(rep)
    assert len(api.get("/api/v1/registrations/").json()["results"]) == 1


@pytest.mark.parametrize("rows", [1, 3])
def test_lists_need_few_queries(api, rows, django_assert_max_num_queries):
    for _ in range(rows):
        EventFactory()
    for name in ("events", "forms", "registrations", "submissions"):
        with django_assert_max_num_queries(8):
            assert api.get(f"/api/v1/{name}/").status_code == 200
