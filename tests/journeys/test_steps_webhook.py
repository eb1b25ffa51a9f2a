"""Calls of other programs: signed, once a visit, tried again, never into our own network, and told to who waits."""

import hashlib
import hmac
import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.urls import reverse

from crm.integrations import gateway
from journeys import engine, simulating, steps
from journeys.actions import calls
from journeys.actions.journeys import pause_journey, resume_journey
from journeys.actions.participants import add_contacts, remove_participant
from journeys.models import Call, Participant, Visit
from tests.factories.crm import ContactFactory, UserFactory
from tests.factories.journeys import NOON, JourneyFactory, definition, live_journey, many_contacts, node

pytestmark = pytest.mark.django_db
WAYS = ["accepted", "refused", "failed"]
EDGES = [["entry", "next", "w"], *(["w", way, way] for way in WAYS)]
MINUTE = timedelta(minutes=1)


class Receiver(ThreadingHTTPServer):
    """A program of somebody else on loopback: it keeps what it got and answers as it is told; None is a hang."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answering)
        self.got, self.answers, self.location = [], [200], ""
        self.let_go = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook"


class Answering(BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        server.got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        code = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
        if code is None:
            server.let_go.wait(10)
            return
        self.send_response(code)
        if server.location:
            self.send_header("Location", server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver(settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    server = Receiver()
    yield server
    server.let_go.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def by():
    return UserFactory(roles=["marketer"])


def enter(url, contacts, by, **params):
    step = node(
        "webhook", **{"url": url, "fields_sent": ["first_name", "email"], "amount": 1, "unit": "days", **params}
    )
    journey = live_journey({"w": step, **{way: node("end") for way in WAYS}}, EDGES)
    add_contacts(journey, contacts=[c.pk for c in contacts], by=by, now=NOON)
    engine.advance(NOON)
    return journey


def went():
    return list(Visit.objects.filter(node="w").values_list("outcome", flat=True))


def test_a_person_is_told_signed_and_goes_on_as_accepted(by, receiver):
    contact = ContactFactory(first_name="Zoë")
    journey = enter(receiver.url, [contact], by)
    assert (went(), receiver.got) == ([], [])
    assert calls.make_due(NOON) == 1
    engine.advance(NOON)
    assert went() == ["accepted"]
    [(headers, body)] = receiver.got
    participant = Participant.objects.get()
    assert json.loads(body) == {
        "id": f"journey:{participant.pk}:w:1",
        "event": "journey.step",
        "at": NOON.isoformat(),
        "journey": {"id": journey.pk, "name": journey.name, "version": 1},
        "step": "w",
        "contact": {"id": contact.pk, "first_name": "Zoë", "email": contact.email},
    }
    stamp = str(int(NOON.timestamp()))
    signed = hmac.new(calls.secret_for(receiver.url).encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    assert headers["Tandem-Signature"] == f"t={stamp},v1={signed.hexdigest()}"
    assert headers["Idempotency-Key"] == f"journey:{participant.pk}:w:1"
    assert Visit.objects.get(node="w").detail == {"answer": "Answered 200.", "tries": 1}


def test_what_is_refused_is_not_tried_again(by, receiver):
    receiver.answers = [422]
    enter(receiver.url, [ContactFactory()], by)
    calls.make_due(NOON)
    engine.advance(NOON)
    assert (went(), calls.make_due(NOON + timedelta(hours=1))) == (["refused"], 0)


def test_an_error_is_tried_again_with_growing_patience_and_the_same_key(by, receiver):
    receiver.answers = [500, 503, 200]
    enter(receiver.url, [ContactFactory()], by)
    calls.make_due(NOON)
    assert (calls.make_due(NOON + timedelta(seconds=29)), calls.make_due(NOON + timedelta(seconds=30))) == (0, 1)
    assert Call.objects.get().due_at == NOON + timedelta(seconds=30) + 2 * MINUTE
    calls.make_due(NOON + 3 * MINUTE)
    engine.advance(NOON + 3 * MINUTE)
    assert went() == ["accepted"]
    assert len({headers["Idempotency-Key"] for headers, _ in receiver.got}) == 1


def test_after_the_last_try_it_has_failed(by, receiver):
    receiver.answers = [500]
    enter(receiver.url, [ContactFactory()], by)
    now = NOON
    for wait in [timedelta(), *calls.WAITS]:
        now += wait
        assert calls.make_due(now) == 1
    engine.advance(now)
    assert went() == ["failed"]
    assert (Call.objects.get().tries, len(receiver.got)) == (6, 6)


def test_a_program_that_hangs_is_given_up_and_tried_again(by, receiver, monkeypatch):
    monkeypatch.setattr(gateway, "TIMEOUT", (0.5, 0.5))
    receiver.answers = [None, 200]
    enter(receiver.url, [ContactFactory()], by)
    calls.make_due(NOON)
    assert Call.objects.get().answer == "127.0.0.1 took the request and did not answer in time."
    calls.make_due(NOON + MINUTE)
    engine.advance(NOON + MINUTE)
    assert went() == ["accepted"]


def test_an_address_of_our_own_network_is_never_called(by, receiver, settings):
    settings.OUTBOUND_ALLOW = []
    enter(receiver.url, [ContactFactory()], by)
    calls.make_due(NOON)
    engine.advance(NOON)
    assert (went(), receiver.got) == (["failed"], [])
    assert "name it in OUTBOUND_ALLOW" in Visit.objects.get(node="w").detail["answer"]


def test_a_redirect_into_our_own_network_is_not_followed(by, receiver):
    receiver.answers, receiver.location = [302], "http://169.254.169.254/secret"
    enter(receiver.url, [ContactFactory()], by)
    calls.make_due(NOON)
    engine.advance(NOON)
    assert (went(), len(receiver.got)) == (["failed"], 1)
    told = "Answered 302: it redirects to http://169.254.169.254/secret. Calls follow no redirect."
    assert Call.objects.get().answer == told


def test_who_waited_long_enough_goes_on_as_failed_and_is_not_told_later(by, receiver):
    enter(receiver.url, [ContactFactory()], by, amount=10, unit="minutes")
    engine.advance(NOON + 10 * MINUTE)
    assert went() == ["failed"]
    assert (calls.make_due(NOON + 11 * MINUTE), receiver.got) == (0, [])


def test_who_was_taken_out_is_told_to_nobody(by, receiver):
    enter(receiver.url, [ContactFactory()], by)
    remove_participant(Participant.objects.get(), by=by, now=NOON)
    assert (calls.make_due(NOON), receiver.got) == (0, [])
    assert Call.objects.get().answer == "The person left the journey before the call was made."


def test_a_paused_journey_calls_nobody(by, receiver):
    journey = enter(receiver.url, [ContactFactory()], by)
    pause_journey(journey, by=by)
    assert (calls.has_due(NOON), calls.make_due(NOON)) == (False, 0)
    resume_journey(journey, by=by, now=NOON)
    assert calls.make_due(NOON) == 1


def test_a_killed_worker_leaves_a_call_that_comes_back(by, receiver):
    enter(receiver.url, [ContactFactory()], by)
    [claimed] = calls._claim(NOON)
    assert calls.make_due(NOON + MINUTE) == 0
    assert calls.make_due(NOON + calls.HELD) == 1
    calls._keep([(claimed, calls.Said("refused", "too late"))], NOON + calls.HELD)
    assert Call.objects.get().status == "accepted"


def test_a_hundred_people_are_one_row_each_by_a_few_statements(by, receiver, django_assert_max_num_queries):
    people = many_contacts(100)
    with django_assert_max_num_queries(60):
        enter(receiver.url, people, by)
    while calls.make_due(NOON):
        pass
    engine.advance(NOON)
    assert (went().count("accepted"), len(receiver.got)) == (100, 100)


def test_the_job_makes_calls_and_wakes_who_waits(by, receiver, run_jobs):
    step = node("webhook", url=receiver.url, fields_sent=[], amount=1, unit="days")
    journey = live_journey({"w": step, **{way: node("end") for way in WAYS}}, EDGES)
    add_contacts(journey, contacts=[ContactFactory().pk], by=by)
    run_jobs()
    assert went() == ["accepted"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://example.com/x", "This is no web address, like https://example.com/hook."),
        ("not an address", "This is no web address, like https://example.com/hook."),
        (
            "https://me:secret@example.com/",
            "A name or password in the address would stand in everybody's view. Check the signature instead.",
        ),
    ],
)
def test_an_address_that_cannot_be_is_an_error_at_its_place(url, said):
    found = list(steps.get("webhook").complaints({"url": url, "fields_sent": ["email"], "amount": 1, "unit": "days"}))
    assert found == [("url", f"Address: {said}")]


def test_a_field_that_does_not_exist_is_named():
    params = {"url": "https://example.com", "fields_sent": ["custom.gone"], "amount": 1, "unit": "days"}
    assert list(steps.get("webhook").complaints(params)) == [
        ("fields_sent", "What to send along: “custom.gone” does not exist any more. Leave it out.")
    ]


def test_the_list_of_calls_shows_what_was_answered(client, marketer, by, receiver):
    receiver.answers = [500]
    contact = ContactFactory()
    journey = enter(receiver.url, [contact], by)
    url = reverse("admin:journeys_journey_calls", args=[journey.pk])
    client.force_login(marketer)
    assert "To be made" in client.get(url).content.decode()
    calls.make_due(NOON)
    html = client.get(url, {"status": "due"}).content.decode()
    assert "Answered 500." in html
    assert str(contact) in html
    assert "No calls" in client.get(url, {"status": "accepted"}).content.decode()


def test_the_list_of_calls_costs_the_same_for_three_as_for_one(
    client, marketer, by, receiver, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(marketer)
    counts = []
    for many in (1, 3):
        journey = enter(receiver.url, [ContactFactory() for _ in range(many)], by)
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("admin:journeys_journey_calls", args=[journey.pk]))
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_simulator_calls_nobody(receiver):
    step = node("webhook", url=receiver.url, fields_sent=[], amount=1, unit="days")
    journey = JourneyFactory(draft=definition({"w": step, **{way: node("end") for way in WAYS}}, EDGES))
    [stop, _] = simulating.walk(journey, ContactFactory(), NOON)
    assert stop.why == "Would call 127.0.0.1 and wait at most 1 day for its answer; here it says yes."
    assert receiver.got == []


def test_the_panel_shows_the_secret_of_the_host_that_is_called(client, marketer, receiver):
    client.force_login(marketer)
    step = node("webhook", url=receiver.url, fields_sent=[], amount=1, unit="days")
    journey = JourneyFactory(draft=definition({"w": step, "e": node("end")}))
    html = client.get(reverse("admin:journeys_journey_step", args=[journey.pk, "w"])).content.decode()
    assert calls.secret_for(receiver.url) in html
    assert calls.secret_for(receiver.url) != calls.secret_for("https://example.com/hook")
