"""Segments over the API beyond their rule: snapshots, choices by hand, sizes, comparing, why, and who uses them."""

import pytest
from rest_framework.test import APIClient

from marketing.actions.segments import create_segment
from tests.factories.crm import ContactFactory

INDIA = {"all": [{"test": "country", "op": "is", "value": "IN"}]}


@pytest.fixture
def api(marketer):
    client = APIClient()
    client.force_authenticate(marketer)
    return client


@pytest.fixture
def asha(db):
    return ContactFactory(country="IN")


@pytest.fixture
def india(asha, marketer, run_jobs):
    segment = create_segment(name="India", rule=INDIA, by=marketer)
    run_jobs()
    return segment


def at(segment, rest):
    return f"/api/v1/segments/{segment.pk}/{rest}"


def test_a_snapshot_needs_a_rule(api):
    assert api.post("/api/v1/segments/", {"name": "Then", "kind": "snapshot"}).json()["errors"][0]["path"] == "rule"
    made = api.post("/api/v1/segments/", {"name": "Then", "kind": "snapshot", "rule": INDIA})
    assert (made.status_code, made.json()["kind"]) == (201, "snapshot")


def test_people_are_chosen_by_hand_listed_and_left_to_the_rule(api, india, asha, marketer):
    ben = ContactFactory(country="DE")
    put = api.post(at(india, "choices/"), {"contacts": [ben.pk], "is_included": True})
    assert (put.status_code, put.json()["member_count"]) == (200, 2)
    assert api.post(at(india, "choices/"), {"contacts": [asha.pk], "is_included": False}).json()["member_count"] == 1
    listed = api.get(at(india, "choices/")).json()["results"]
    assert {(one["contact"]["id"], one["is_included"], one["by"]) for one in listed} == {
        (ben.pk, True, marketer.pk),
        (asha.pk, False, marketer.pk),
    }
    left = api.delete(at(india, "choices/"), {"contacts": [ben.pk, asha.pk]})
    assert (left.status_code, left.json()["member_count"]) == (200, 1)
    assert api.get(at(india, "choices/")).json()["results"] == []


def test_who_only_reads_chooses_nobody(india, asha, manager):
    client = APIClient()
    client.force_authenticate(manager)
    answer = client.post(at(india, "choices/"), {"contacts": [asha.pk], "is_included": False})
    assert answer.status_code == 403
    assert client.get(at(india, "choices/")).json()["results"] == []


def test_sizes_and_uses(api, india, marketer):
    assert [one["members"] for one in api.get(at(india, "sizes/")).json()] == [1]
    assert api.get(at(india, "uses/")).json() == []
    rule = {"all": [{"test": "segment", "op": "is", "value": india.pk}]}
    create_segment(name="Among them", rule=rule, by=marketer)
    assert [one["label"] for one in api.get(at(india, "uses/")).json()] == ["The segment “Among them”"]


def test_two_are_compared(api, india, marketer, run_jobs):
    other = create_segment(name="Empty", kind="static", by=marketer)
    assert api.get(at(india, f"compare/?with={other.pk}")).json() == {"only_a": 1, "both": 0, "only_b": 0}
    assert api.get(at(india, "compare/")).json()["errors"][0]["path"] == "with"
    assert api.get(at(india, "compare/?with=999999")).status_code == 404


def test_why_is_she_in_or_not(api, india, asha):
    ben = ContactFactory(country="DE")
    told = api.get(at(india, f"why/?contact={asha.pk}")).json()
    assert (told["is_member"], told["chosen"], told["reason"]["inner"][0]["holds"]) == (True, None, True)
    api.post(at(india, "choices/"), {"contacts": [ben.pk], "is_included": True})
    told = api.get(at(india, f"why/?contact={ben.pk}")).json()
    assert (told["is_member"], told["chosen"], told["reason"]["holds"]) == (True, True, False)
    assert api.get(at(india, "why/?contact=999999")).status_code == 404
