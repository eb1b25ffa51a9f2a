"""The same through /api/v1/ with a token."""

import pytest
from rest_framework.test import APIClient

from journeys.models import Participant
from tests.factories.crm import ContactFactory
from tests.factories.journeys import definition, live_journey, node

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(marketer):
    client = APIClient()
    client.force_authenticate(marketer)
    return client


def test_a_journey_is_built_published_held_and_ended(api):
    made = api.post("/api/v1/journeys/", {"name": "Webinar", "draft": definition({"w": node("wait_for")})})
    assert made.status_code == 201, made.content
    address = f"/api/v1/journeys/{made.data['id']}/"
    refused = api.post(f"{address}publish/")
    assert (refused.status_code, refused["Content-Type"]) == (400, "application/problem+json")
    assert "draft/nodes/w/params/amount" in refused.content.decode()
    fine = definition({"w": node("wait_for", amount=1, unit="days"), "e": node("end")})
    assert api.patch(address, {"draft": fine}).data["problems"] == []
    assert api.post(f"{address}publish/").data["status"] == "live"
    contact = ContactFactory()
    assert api.post(f"{address}add/", {"contacts": [contact.pk]}).data == {"added": 1}
    listed = api.get("/api/v1/participants/", {"journey": made.data["id"]}).data["results"]
    assert [(one["contact"], one["node"], one["status"]) for one in listed] == [(contact.pk, "w", "waiting")]
    assert api.post(f"{address}resume/").status_code == 409
    assert api.post(f"{address}pause/").data["status"] == "paused"
    assert api.post(f"{address}resume/").data["status"] == "live"
    assert api.post(f"{address}stop/").data["status"] == "stopped"
    assert Participant.objects.get().outcome == "stopped"
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404


def test_a_loop_without_a_wait_is_answered_with_its_sentence(api):
    loop = definition({"f": node("update_field", field="city", value="Pune"), "g": node("go_to", step="f")})
    made = api.post("/api/v1/journeys/", {"name": "Round", "draft": loop})
    answer = api.post(f"/api/v1/journeys/{made.data['id']}/publish/")
    assert answer.status_code == 400
    assert "go round in a circle without a wait" in answer.content.decode()


def test_a_draft_that_is_no_definition_names_the_place(api):
    answer = api.post("/api/v1/journeys/", {"name": "X", "draft": {"schema": 1, "entry": {"kind": "by_hand"}}})
    assert answer.status_code == 400
    assert "draft/nodes" in answer.content.decode()


def test_a_rep_reads_but_does_not_change(rep):
    journey = live_journey({"e": node("end")})
    client = APIClient()
    client.force_authenticate(rep)
    assert client.get(f"/api/v1/journeys/{journey.pk}/").status_code == 200
    assert client.post(f"/api/v1/journeys/{journey.pk}/stop/").status_code == 403
    assert client.post("/api/v1/journeys/", {"name": "Mine"}).status_code == 403
