"""The marketer's pages: list, canvas, panel, publish, live, people, diary, simulator. Each in twenty queries or fewer."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from journeys.models import Journey, JourneyStatus, Participant
from tests.factories.crm import ContactFactory
from tests.factories.journeys import NOON, JourneyFactory, definition, live_journey, many_contacts, node
from tests.journeys.story import story_definition, story_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, marketer):
    client.force_login(marketer)

    def get(name, *args, status=200, **query):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(reverse(f"admin:journeys_journey_{name}", args=args), query)
        assert answer.status_code == status, answer.content[:500]
        assert len(queries) <= 20, [query["sql"][-160:] for query in queries]
        return answer.content.decode()

    return get


@pytest.fixture
def gesture(client, marketer):
    client.force_login(marketer)

    def change(journey, status=200, **wish):
        url = reverse("admin:journeys_journey_draft", args=[journey.pk])
        answer = client.post(url, json.dumps(wish), content_type="application/json")
        assert answer.status_code == status, answer.content[:500]
        return answer

    return change


def test_the_list_shows_journeys_with_the_people_inside(page):
    journey = live_journey({"w": node("wait_for", amount=1, unit="days"), "e": node("end")})
    many = many_contacts(3)
    from journeys.actions.participants import add_contacts

    add_contacts(journey, contacts=[c.pk for c in many], by=journey.live_version.published_by, now=NOON)
    html = page("changelist")
    assert journey.name in html
    assert ">3</a>" in html


def test_a_new_journey_leads_to_its_canvas(client, marketer):
    client.force_login(marketer)
    answer = client.post(reverse("admin:journeys_journey_add"), {"name": "Webinar"})
    journey = Journey.objects.get()
    assert answer.url == reverse("admin:journeys_journey_canvas", args=[journey.pk])
    assert (journey.name, journey.created_by) == ("Webinar", marketer)


def test_the_canvas_of_the_story_takes_few_queries(page):
    journey = JourneyFactory(draft=story_definition(story_rows()))
    html = page("canvas", journey.pk)
    assert "Nothing is missing. It can be published." in html
    assert html.count('class="jc-item') == 1 + len(journey.draft["nodes"])


def test_a_step_is_inserted_moved_and_taken_out(gesture):
    journey = JourneyFactory()
    answer = gesture(journey, do="insert", kind="wait_for", source="entry", outcome="next")
    assert answer["X-Added"] == "wait-for-1"
    gesture(journey, do="insert", kind="random_split", source="wait-for-1", outcome="next")
    journey.refresh_from_db()
    assert sorted(journey.draft["nodes"]) == ["end-1", "end-2", "random-split-1", "wait-for-1"]
    gesture(journey, do="move", node="wait-for-1", source="random-split-1", outcome="b")
    journey.refresh_from_db()
    assert ["random-split-1", "b", "wait-for-1"] in journey.draft["edges"]
    assert ["wait-for-1", "next", "end-2"] in journey.draft["edges"]
    gesture(journey, do="delete", node="wait-for-1")
    journey.refresh_from_db()
    assert ["random-split-1", "b", "end-2"] in journey.draft["edges"]


def test_a_gesture_on_an_old_version_is_refused_and_changes_nothing(gesture):
    journey = JourneyFactory()
    gesture(journey, do="insert", kind="wait_for", source="entry", outcome="next", version=1)
    answer = gesture(journey, 412, do="insert", kind="wait_for", source="entry", outcome="next", version=1)
    assert "Somebody else has changed this journey" in answer.json()["message"]


@pytest.mark.parametrize(
    "wish",
    [
        {"do": "insert", "kind": "teleport", "source": "entry", "outcome": "next"},
        {"do": "insert", "kind": "end", "source": "nowhere", "outcome": "next"},
        {"do": "delete", "node": "ghost"},
        {"do": "replace", "draft": {"schema": 7}},
        {"do": "dance"},
        {},
    ],
)
def test_what_is_no_change_gets_a_sentence(gesture, wish):
    assert gesture(JourneyFactory(), 422, **wish).json()["message"]


def test_a_panel_keeps_params_and_shows_errors_with_the_value_still_there(client, marketer):
    client.force_login(marketer)
    journey = JourneyFactory(draft=definition({"w": node("wait_for"), "e": node("end")}))
    url = reverse("admin:journeys_journey_step", args=[journey.pk, "w"])
    wrong = client.post(url, {"amount": "-5", "unit": "days"})
    assert wrong.status_code == 422
    assert 'value="-5"' in wrong.content.decode()
    right = client.post(url, {"amount": "1.5", "unit": "hours"})
    assert right["HX-Trigger"] == '{"journey:saved": {"node": "w"}}'
    journey.refresh_from_db()
    assert journey.draft["nodes"]["w"]["params"] == {"amount": 1.5, "unit": "hours"}


def test_a_branch_grows_by_a_branch_without_losing_what_was_typed(client, marketer):
    client.force_login(marketer)
    journey = JourneyFactory(draft=definition({"b": node("branch")}))
    url = reverse("admin:journeys_journey_step", args=[journey.pk, "b"])
    html = client.post(url, {"count": "1", "label_0": "India", "rule_0": "", "redraw": "add"}).content.decode()
    assert 'value="India"' in html
    assert 'name="rule_1"' in html
    rule = {"test": "country", "op": "is_any_of", "value": ["IN"]}
    client.post(url, {"count": "1", "label_0": "India", "rule_0": json.dumps(rule)})
    journey.refresh_from_db()
    assert journey.draft["nodes"]["b"]["params"]["branches"] == [{"outcome": "b1", "label": "India", "rule": rule}]
    assert [edge[:2] for edge in journey.draft["edges"] if edge[0] == "b"] == [["b", "b1"], ["b", "else"]]


def test_publishing_says_for_how_many_and_lets_them_in(client, page, run_jobs):
    rows = story_rows()
    journey = JourneyFactory(draft=story_definition(rows))
    assert "Publish for 3 people" in page("publish", journey.pk)
    client.post(reverse("admin:journeys_journey_publish", args=[journey.pk]))
    journey = Journey.objects.get(pk=journey.pk)
    assert journey.status == JourneyStatus.LIVE
    run_jobs()
    assert Participant.objects.filter(journey=journey).count() == 3
    html = page("live", journey.pk)
    assert "Stop for 3 people" in html
    person = Participant.objects.first()
    assert str(person.contact) in page("people", journey.pk)
    assert "Send email" in page("diary", journey.pk, person.pk)


def test_publishing_a_draft_with_problems_shows_them(page):
    journey = JourneyFactory()
    assert "There are no steps yet." in page("publish", journey.pk)


def test_the_simulator_tells_which_way_and_why(page):
    rows = story_rows()
    journey = JourneyFactory(draft=story_definition(rows))
    html = page("simulate", journey.pk, contact=rows["contacts"][0].pk)
    assert "Has not happened so far" in html


def test_a_rep_may_not_open_the_canvas(client, rep):
    journey = JourneyFactory()
    client.force_login(rep)
    assert client.get(reverse("admin:journeys_journey_canvas", args=[journey.pk])).status_code in (302, 403)


def test_a_manager_sees_but_may_not_change(client, manager):
    journey = JourneyFactory(draft=definition({"e": node("end")}))
    client.force_login(manager)
    assert client.get(reverse("admin:journeys_journey_canvas", args=[journey.pk])).status_code == 200
    url = reverse("admin:journeys_journey_draft", args=[journey.pk])
    answer = client.post(url, json.dumps({"do": "delete", "node": "e"}), content_type="application/json")
    assert answer.status_code == 403


def test_the_contact_page_shows_the_journeys(rf, marketer):
    from journeys.actions.participants import add_contacts
    from journeys.web.contacts import render_panel

    journey = live_journey({"w": node("wait_for", amount=1, unit="days"), "e": node("end")})
    contact = ContactFactory()
    request = rf.get("/")
    request.user = marketer
    assert render_panel(request, contact) == ""
    add_contacts(journey, contacts=[contact.pk], by=marketer, now=NOON)
    assert journey.name in render_panel(request, contact)


def test_two_people_who_change_one_step_see_what_the_other_put_there(client, marketer, gesture):
    client.force_login(marketer)
    journey = JourneyFactory(draft=definition({"w": node("wait_for", amount=1, unit="days"), "e": node("end")}))
    url = reverse("admin:journeys_journey_step", args=[journey.pk, "w"])
    seen = client.get(url).context["panel"].seen
    assert client.post(url, {"amount": 2, "unit": "days", "seen": seen}).status_code == 200
    second = client.post(url, {"amount": 5, "unit": "days", "seen": seen})
    assert second.status_code == 422
    assert "Somebody else changed this step while you were editing." in second.content.decode()
    assert "Now it says:</p>" not in second.content.decode()
    assert "Now it says: 2 days" in second.content.decode()
    assert 'value="5"' in second.content.decode()
    again = client.post(url, {"amount": 5, "unit": "days", "seen": second.context["panel"].seen})
    assert again.status_code == 200
    assert Journey.objects.get().draft["nodes"]["w"]["params"]["amount"] == 5


def test_a_step_that_was_just_put_in_is_one_thing_to_do_and_no_row_of_errors(client, page, gesture):
    journey = JourneyFactory(draft=definition({"e": node("end")}))
    added = gesture(journey, do="insert", source="entry", outcome="next", kind="send_email")
    assert (
        added.content.decode().count("“Send email” waits to be filled in.") == 3
    )  # in the list, on its box, to be heard
    panel = client.get(reverse("admin:journeys_journey_step", args=[journey.pk, added["X-Added"]])).content.decode()
    assert "form-problem" not in panel
    assert "is-invalid" not in panel
