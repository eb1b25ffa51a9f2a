"""Another rule for a segment: whom it would move, what acts on that, and who said that it shall."""

import json

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from marketing.actions.segments import NeedsConfirmation, change_segment, create_segment
from marketing.models import Segment
from tests.factories.crm import ContactFactory

INDIA = {"test": "country", "op": "is", "value": "IN"}
GERMANY = {"test": "country", "op": "is", "value": "DE"}


@pytest.fixture
def page(client, marketer):
    client.force_login(marketer)
    return client


@pytest.fixture
def india(marketer, run_jobs):
    ContactFactory.create_batch(2, country="IN")
    ContactFactory(country="DE")
    segment = create_segment(name="India", rule=INDIA, by=marketer)
    run_jobs()
    return segment


@pytest.fixture
def used(india, marketer):
    """India, asked for by another segment."""
    create_segment(name="Near", rule={"test": "segment", "op": "is", "value": india.pk}, by=marketer)
    return india


def post(page, segment, rule, **more):
    address = reverse("admin:marketing_segment_change", args=[segment.pk])
    return page.post(address, {"name": segment.name, "rule": json.dumps(rule), **more})


def test_the_editor_is_told_who_would_enter_and_leave(page, india):
    address = reverse("admin:marketing_segment_effect", args=[india.pk])
    asked = [page.post(address, {"rule": rule}, content_type="application/json") for rule in (GERMANY, INDIA)]
    assert [one.json() for one in asked] == [
        {"enter": 1, "leave": 2, "is_new": True},
        {"enter": 0, "leave": 0, "is_new": False},
    ]


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"rule": {"test": "x"}}', "[" * 100_000])
def test_nonsense_has_no_effect(page, india, body):
    address = reverse("admin:marketing_segment_effect", args=[india.pk])
    assert page.post(address, body, content_type="application/json").status_code == 400


def test_a_segment_in_use_comes_back_with_the_numbers_until_it_is_confirmed(page, used):
    answer = post(page, used, GERMANY)
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "1 would enter, 2 would leave." in shown
    assert "The segment “Near”" in shown
    assert Segment.objects.get(pk=used.pk).rule == INDIA
    assert post(page, used, GERMANY, is_confirmed="on").status_code == 302
    assert Segment.objects.get(pk=used.pk).rule == GERMANY


def test_what_concerns_nobody_is_saved_at_once(page, used, marketer):
    assert post(page, used, INDIA).status_code == 302
    alone = create_segment(name="Alone", rule=INDIA, by=marketer)
    assert post(page, alone, GERMANY).status_code == 302


def test_over_the_api_a_segment_in_use_is_409_until_it_is_confirmed(used, marketer):
    api = APIClient()
    api.force_authenticate(marketer)
    address = f"/api/v1/segments/{used.pk}/"
    answer = api.patch(address, {"rule": GERMANY})
    said = answer.json()
    assert (answer.status_code, said["enter"], said["leave"]) == (409, 1, 2)
    assert [one["label"] for one in said["uses"]] == ["The segment “Near”"]
    assert api.patch(address, {"name": "Bharat"}).status_code == 200
    assert api.patch(f"{address}?confirmed=true", {"rule": GERMANY}).json()["words"] == "Country is Germany"


def test_the_refusal_is_a_sentence(used, marketer):
    with pytest.raises(NeedsConfirmation, match=r"1 would enter and 2 would leave.*The segment “Near”. Confirm"):
        change_segment(used, rule=GERMANY, by=marketer)
