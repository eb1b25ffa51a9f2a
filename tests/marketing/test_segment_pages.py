"""The pages and the API of segments and scores: what a marketer sees and does, and what is said when it is wrong."""

import json

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from crm.log.recording import record
from crm.models import Contact
from marketing.actions.scores import create_scoring_model
from marketing.actions.segments import create_segment
from marketing.models import ScoringModel, Segment
from tests.factories.crm import ContactFactory

INDIA = {"all": [{"test": "country", "op": "is", "value": "IN"}]}
WRONG = {"all": [{"test": "city", "op": "over", "value": 3}]}


@pytest.fixture
def page(client, marketer):
    client.force_login(marketer)
    return client


@pytest.fixture
def api(marketer):
    client = APIClient()
    client.force_authenticate(marketer)
    return client


def rows(*lines):
    data = {"rules-TOTAL_FORMS": len(lines), "rules-INITIAL_FORMS": 0}
    for i, line in enumerate(lines):
        data |= {f"rules-{i}-{name}": value for name, value in line.items()}
    return data


def test_an_empty_list_teaches(page, db):
    assert "No segment yet" in page.get(reverse("admin:marketing_segment_changelist")).content.decode()
    assert "No scoring model yet" in page.get(reverse("admin:marketing_scoringmodel_changelist")).content.decode()


def test_a_marketer_makes_a_segment_and_sees_its_people(page, run_jobs):
    asha = ContactFactory(country="IN")
    answer = page.post(
        reverse("admin:marketing_segment_add"), {"name": "India", "kind": "dynamic", "rule": json.dumps(INDIA)}
    )
    segment = Segment.objects.get()
    assert answer.url == reverse("admin:marketing_segment_members", args=[segment.pk])
    run_jobs()
    shown = page.get(answer.url).content.decode()
    assert str(asha) in shown
    assert "Country is India." in shown


def test_a_wrong_rule_comes_back_with_what_was_typed_and_its_place(page):
    answer = page.post(
        reverse("admin:marketing_segment_add"), {"name": "India", "kind": "dynamic", "rule": json.dumps(WRONG)}
    )
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "rule/all[0]: “City” cannot be tested with “over”." in shown
    assert "&quot;city&quot;" in shown
    assert not Segment.objects.exists()


@pytest.mark.parametrize("rule", ["", "{", "[" * 50_000, "x" * 200_000])
def test_no_rule_makes_no_segment(page, rule):
    answer = page.post(reverse("admin:marketing_segment_add"), {"name": "India", "kind": "dynamic", "rule": rule})
    assert answer.status_code == 422
    assert not Segment.objects.exists()


def test_a_segment_cannot_be_made_a_circle_on_its_page(page, marketer):
    segment = create_segment(name="India", rule=INDIA, by=marketer)
    rule = json.dumps({"test": "segment", "op": "is", "value": segment.pk})
    answer = page.post(reverse("admin:marketing_segment_change", args=[segment.pk]), {"name": "India", "rule": rule})
    assert answer.status_code == 422
    assert "A segment cannot refer to itself" in answer.content.decode()


def test_why_is_she_in(page, marketer, run_jobs):
    asha, ben = ContactFactory(country="IN"), ContactFactory(country="DE")
    segment = create_segment(name="India", rule=INDIA, by=marketer)
    run_jobs()
    address = reverse("admin:marketing_segment_why", args=[segment.pk])
    assert f"{asha} is in." in page.get(f"{address}?contact={asha.pk}").content.decode()
    assert f"{ben} is not in." in page.get(f"{address}?contact={ben.pk}").content.decode()
    assert str(asha) in page.get(f"{address}?q=asha").content.decode()
    assert page.get(f"{address}?contact=999999").status_code == 404


def test_every_page_stays_within_twenty_queries(page, marketer, run_jobs, django_assert_max_num_queries):
    segment = create_segment(name="India", rule=INDIA, by=marketer)
    model = create_scoring_model(
        name="Interest", rules=[{"label": "Clicked", "when": {"did": "email.clicked"}, "points": 5}], by=marketer
    )
    for _ in range(3):
        record("email.clicked", contact=ContactFactory(country="IN"))
    run_jobs()
    contact = Contact.objects.first()
    pages = [
        reverse("admin:marketing_segment_changelist"),
        reverse("admin:marketing_segment_add"),
        reverse("admin:marketing_segment_change", args=[segment.pk]),
        reverse("admin:marketing_segment_members", args=[segment.pk]),
        reverse("admin:marketing_segment_why", args=[segment.pk]) + f"?contact={contact.pk}",
        reverse("admin:marketing_scoringmodel_changelist"),
        reverse("admin:marketing_scoringmodel_add"),
        reverse("admin:marketing_scoringmodel_change", args=[model.pk]),
        reverse("admin:marketing_scoringmodel_people", args=[model.pk]),
        reverse("crm:rule-vocabulary"),
    ]
    for address in pages:
        with django_assert_max_num_queries(20):
            assert page.get(address).status_code == 200, address


def test_the_builder_is_told_count_sample_and_words_as_it_edits(page):
    ContactFactory.create_batch(12, country="IN")
    answer = page.post(reverse("crm:rule-preview"), {"rule": INDIA}, content_type="application/json").json()
    assert (answer["count"], len(answer["sample"]), answer["words"]) == (12, 10, "Country is India")
    answer = page.post(reverse("crm:rule-preview"), {"rule": WRONG}, content_type="application/json").json()
    assert answer["problems"] == [{"path": "rule/all[0]", "message": "“City” cannot be tested with “over”."}]


@pytest.mark.parametrize("body", ["", "[]", "{", '{"rule"', "[" * 100_000])
def test_nonsense_is_answered_in_kind(page, body):
    answer = page.post(reverse("crm:rule-preview"), body, content_type="application/json")
    assert (answer.status_code, answer.json()["problems"][0]["path"]) == (400, "rule")


def test_the_preview_counts_only_whom_the_reader_may_see(client, rep):
    ContactFactory(country="IN")
    mine = ContactFactory(country="IN", owner=rep)
    client.force_login(rep)
    answer = client.post(reverse("crm:rule-preview"), {"rule": INDIA}, content_type="application/json").json()
    assert (answer["count"], answer["sample"][0]["name"]) == (1, str(mine))


def test_a_rep_does_not_open_segments(client, rep, marketer):
    segment = create_segment(name="India", rule=INDIA, by=marketer)
    client.force_login(rep)
    assert client.get(reverse("admin:marketing_segment_members", args=[segment.pk])).status_code in (302, 403)


def test_a_manager_reads_but_does_not_change(client, manager, marketer):
    segment = create_segment(name="India", rule=INDIA, by=marketer)
    client.force_login(manager)
    assert client.get(reverse("admin:marketing_segment_members", args=[segment.pk])).status_code == 200
    answer = client.post(
        reverse("admin:marketing_segment_change", args=[segment.pk]), {"name": "X", "rule": json.dumps(INDIA)}
    )
    assert answer.status_code == 403
    assert Segment.objects.get().name == "India"


def test_a_list_is_emptied_and_a_segment_binned_by_their_buttons(page, marketer):
    from marketing.actions.segments import add_members

    asha = ContactFactory()
    kept = create_segment(name="Speakers", kind="static", by=marketer)
    add_members(kept, [asha.pk], by=marketer)
    page.post(reverse("admin:marketing_segment_remove", args=[kept.pk]), {"contact": asha.pk})
    assert not kept.members.exists()
    assert page.get(reverse("admin:marketing_segment_bin", args=[kept.pk])).status_code == 405
    page.post(reverse("admin:marketing_segment_bin", args=[kept.pk]))
    assert not Segment.objects.alive().exists()


def test_a_marketer_makes_a_scoring_model_and_sees_the_best(page, run_jobs):
    asha = ContactFactory()
    record("email.clicked", contact=asha)
    line = {"label": "Clicked", "points": 60, "limit": "", "when": json.dumps({"all": [{"did": "email.clicked"}]})}
    data = {"name": "Interest", "warm_at": 20, "ready_at": 50, "is_active": "on", **rows(line)}
    answer = page.post(reverse("admin:marketing_scoringmodel_add"), data)
    assert answer.status_code == 302
    run_jobs()
    shown = page.get(answer.url).content.decode()
    assert str(asha) in shown
    assert "Ready" in shown


def test_a_scoring_model_says_what_is_missing(page):
    line = {"label": "", "points": 60, "when": json.dumps(WRONG)}
    data = {"name": "Interest", "warm_at": 60, "ready_at": 50, **rows(line)}
    answer = page.post(reverse("admin:marketing_scoringmodel_add"), data)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "“Warm from” must not be above “ready from”." in shown
    assert "rule/all[0]" in shown
    answer = page.post(reverse("admin:marketing_scoringmodel_add"), {**data, "warm_at": 5, **rows()})
    assert "at least one rule" in answer.content.decode()
    assert not ScoringModel.objects.exists()


def test_the_contact_page_shows_score_and_segments(page, marketer, run_jobs):
    asha = ContactFactory(country="IN")
    create_segment(name="Dear Indians", rule=INDIA, by=marketer)
    create_scoring_model(name="Fit", rules=[{"label": "Is in India", "when": INDIA, "points": 5}], by=marketer)
    run_jobs()
    shown = page.get(reverse("crm:record-side", args=["crm.contact", asha.pk])).content.decode()
    assert "Dear Indians" in shown
    assert "Is in India" in shown


def test_segments_over_the_api(api, run_jobs):
    asha = ContactFactory(country="IN")
    made = api.post("/api/v1/segments/", {"name": "India", "rule": INDIA}).json()
    assert made["words"] == "Country is India"
    run_jobs()
    address = f"/api/v1/segments/{made['id']}/"
    assert api.get(address).json()["member_count"] == 1
    found = api.get(f"{address}members/").json()["results"]
    assert [one["contact"]["id"] for one in found] == [asha.pk]
    changed = api.patch(address, {"rule": {"test": "country", "op": "is", "value": "DE"}}).json()
    assert changed["words"] == "Country is Germany"
    run_jobs()
    assert api.get(address).json()["member_count"] == 0
    assert api.post(f"{address}refresh/").status_code == 200
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404


def test_a_wrong_rule_over_the_api_is_a_problem_with_its_path(api):
    answer = api.post("/api/v1/segments/", {"name": "India", "rule": WRONG})
    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"path": "rule/all[0]", "message": "“City” cannot be tested with “over”."}]
    answer = api.post("/api/v1/segments/preview/", {"rule": {}})
    assert answer.json()["errors"][0]["path"] == "rule"
    assert api.post("/api/v1/segments/", {"name": "India"}).json()["errors"][0]["path"] == "rule"


def test_preview_over_the_api(api):
    ContactFactory(country="IN")
    answer = api.post("/api/v1/segments/preview/", {"rule": INDIA}).json()
    assert (answer["count"], answer["words"], len(answer["sample"])) == (1, "Country is India", 1)


def test_a_list_over_the_api(api):
    asha = ContactFactory()
    made = api.post("/api/v1/segments/", {"name": "Speakers", "kind": "static"}).json()
    address = f"/api/v1/segments/{made['id']}/"
    assert api.post(f"{address}add-members/", {"contacts": [asha.pk]}).json()["member_count"] == 1
    assert api.post(f"{address}remove-members/", {"contacts": [asha.pk]}).json()["member_count"] == 0
    assert api.post(f"{address}refresh/").status_code == 409


def test_scoring_over_the_api(api, run_jobs):
    asha = ContactFactory()
    rules = [{"label": "Clicked", "when": {"did": "email.clicked"}, "points": 60, "limit": 3}]
    made = api.post("/api/v1/scoring-models/", {"name": "Interest", "rules": rules}).json()
    run_jobs()
    record("email.clicked", contact=asha)
    run_jobs()
    address = f"/api/v1/scoring-models/{made['id']}/"
    found = api.get(f"{address}scores/").json()["results"]
    assert [(one["contact"], one["points"], one["grade"]) for one in found] == [(asha.pk, 60, "Ready")]
    changed = api.patch(address, {"ready_at": 100})
    assert (changed.json()["ready_at"], changed.json()["rules"][0]["limit"]) == (100, 3)
    assert api.post(f"{address}recompute/").status_code == 200
    wrong = api.patch(address, {"rules": [{"label": "X", "when": WRONG, "points": 1}]})
    assert wrong.json()["errors"][0]["path"] == "rules/0/when/all[0]"
    assert api.patch(address, {"warm_at": 500}).json()["errors"][0]["path"] == "warm_at"
    assert api.delete(address).status_code == 204
