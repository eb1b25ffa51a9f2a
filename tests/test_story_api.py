"""The webinar story through /api/v1/ alone, with tokens: what the pages can do, a client can do."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from config.people import as_csv, people
from config.story.readers import BROWSER, read_mail
from crm.api.tokens import create_token
from crm.models import OutboxItem, Sender
from sales.demo import make_catalogue
from tests.factories.crm import SenderFactory

COUNT = 12


class Client:
    """A client that shows its token and wants to hear that all went well."""

    def __init__(self, user):
        self.http = APIClient()
        self.http.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user, 'story')[1]}")

    def post(self, path, body=None, **more):
        answer = self.http.post(f"/api/v1/{path}/", body or {}, **more)
        assert answer.status_code in (200, 201, 202), (path, answer.status_code, answer.content[:800])
        return answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.content

    def patch(self, path, body):
        answer = self.http.patch(f"/api/v1/{path}/", body)
        assert answer.status_code == 200, (path, answer.content[:800])
        return answer.json()

    def get(self, path, **query):
        answer = self.http.get(f"/api/v1/{path}/", query)
        assert answer.status_code == 200, (path, answer.content[:800])
        return answer.json()


@pytest.fixture
def marketing(marketer):
    SenderFactory(is_default=True)
    return Client(marketer)


@pytest.fixture
def selling(rep, manager):
    make_catalogue(manager)
    return Client(rep)


def bring_in(marketing, run_jobs):
    file = SimpleUploadedFile("people.csv", as_csv(list(people(COUNT, seed=5, only="IN DE"))), "text/csv")
    taken = marketing.post("imports", {"file": file}, format="multipart")
    consent = {"source": "Trade fair", "given_on": timezone.localdate().isoformat(), "text": "Yes."}
    mapping = {taken["columns"][int(number)]: name for number, name in taken["mapping"].items()}
    marketing.post(f"imports/{taken['id']}/map", {"mapping": mapping, "consent": consent})
    for verb, status in (("check", "checked"), ("run", "done")):
        marketing.post(f"imports/{taken['id']}/{verb}")
        run_jobs()
        taken = marketing.get(f"imports/{taken['id']}")
        assert taken["status"] == status, taken
    assert taken["created_count"] == COUNT


def build(marketing, run_jobs):
    now = timezone.now()
    campaign = marketing.post("campaigns", {"name": "API webinar", "status": "running"})["id"]
    rule = {
        "all": [
            {"test": "country", "op": "is_any_of", "value": ["IN", "DE"]},
            {"test": "commercial_consent", "op": "is", "value": True},
        ]
    }
    assert marketing.post("segments/preview", {"rule": rule})["count"] == COUNT
    segment = marketing.post("segments", {"name": "India or Germany", "rule": rule})["id"]
    run_jobs()
    assert marketing.get(f"segments/{segment}")["member_count"] == COUNT
    times = {
        "starts_at": (now + timedelta(days=7)).isoformat(),
        "ends_at": (now + timedelta(days=7, hours=1)).isoformat(),
    }
    event = marketing.post(
        "events", {"title": "Fleets", "campaign": campaign, "join_url": "https://meet.example/1", **times}
    )
    marketing.post(f"events/{event['id']}/publish")
    blocks = [
        {"kind": "text", "html": "<p>Hi {{ contact.first_name }}</p>"},
        {"kind": "event", "event": event["id"]},
        {"kind": "footer"},
    ]
    letter = {"name": "Invitation", "subject": "Join us", "campaign": campaign, "blocks": blocks}
    email = marketing.post("emails", {**letter, "sender": Sender.objects.get().pk})["id"]
    marketing.post(f"emails/{email}/make-ready")
    on_event = f"marketing.event:{event['id']}"
    rules = [
        {"label": "Registered", "when": {"did": "event.registered", "source": on_event}, "points": 20},
        {"label": "Visited", "when": {"did": "page.visited", "source": on_event}, "points": 3},
    ]
    scoring = marketing.post("scoring-models", {"name": "Interest", "warm_at": 10, "ready_at": 20, "rules": rules})[
        "id"
    ]
    registered = {"did": "event.registered", "source": on_event}
    best = {
        "top": {
            "n": 2,
            "by": f"score:{scoring}",
            "of": registered,
            "ties": {"first": "event.registered", "source": on_event},
        }
    }
    wait = {"kind": "event.registered", "source": on_event, "amount": 1, "unit": "days"}
    draft = {
        "schema": 1,
        "entry": {"kind": "segment", "params": {"segment": segment, "again": "never"}},
        "goal": None,
        "nodes": {
            "invite": {"kind": "send_email", "params": {"email": email}},
            "wait": {"kind": "wait_for_interaction", "params": wait},
            "judged": {"kind": "wait_for", "params": {"amount": 2, "unit": "days"}},
            "score": {"kind": "branch", "params": {"branches": [{"outcome": "best", "label": "Top 2", "rule": best}]}},
            "assign": {"kind": "assign_lead", "params": {"topic": "Webinar"}},
            **{name: {"kind": "end", "params": {}} for name in ("new", "known", "nobody", "enough", "quiet")},
        },
        "edges": [
            ["entry", "next", "invite"], ["invite", "next", "wait"], ["wait", "happened", "judged"],
            ["wait", "timed_out", "quiet"], ["judged", "next", "score"], ["score", "best", "assign"],
            ["score", "else", "enough"], ["assign", "new", "new"], ["assign", "known", "known"],
            ["assign", "unassigned", "nobody"],
        ],
    }  # fmt: skip
    journey = marketing.post("journeys", {"name": "API webinar", "campaign": campaign, "draft": draft})
    assert marketing.get(f"journeys/{journey['id']}")["problems"] == []
    marketing.post(f"journeys/{journey['id']}/publish")
    run_jobs()
    return campaign, event


def play_readers(client, marketing, event, run_jobs):
    """Four register over the API; the first two of them come back three times by the link in their mail."""
    mails = [read_mail(bytes(item.raw)) for item in OutboxItem.objects.filter(channel="email").order_by("pk")]
    assert len(mails) == COUNT
    for place, mail in enumerate(mails[:4]):
        marketing.post("registrations", {"event": event["id"], "email": mail.to})
        if place < 2:
            for _ in range(3):
                link = urlsplit(mail.links[0][0])
                landing = client.get(f"{link.path}?{link.query}", HTTP_USER_AGENT=BROWSER)
                target = urlsplit(landing["Location"])
                client.get(f"{target.path}?{target.query}", HTTP_USER_AGENT=BROWSER)
    run_jobs()
    return [mail.to for mail in mails[:2]]


def sell(selling, lead):
    selling.post("activities", {"kind": "call", "subject": "First call", "contact": lead["contact"]})
    opportunity = selling.post(f"leads/{lead['id']}/qualify", {"estimated_revenue": "5000"})
    deal = selling.get("opportunities")["results"][0]["id"]
    assert opportunity["status"] == "qualified"

    missing = selling.http.post(f"/api/v1/opportunities/{deal}/advance/", {})
    assert missing.status_code == 400
    assert missing.headers["Content-Type"] == "application/problem+json"
    assert "budget_amount" in {error["path"] for error in missing.json()["errors"]} | {missing.json()["title"]}
    for values in (
        {"purchase_timeframe": "this_quarter", "budget_amount": "6000"},
        {"customer_need": "Bikes", "proposed_solution": "Forty"},
        {"proposal_developed": True, "proposal_presented": True},
    ):
        selling.patch(f"opportunities/{deal}", values)
        selling.post(f"opportunities/{deal}/advance")
    product = selling.get("products")["results"][0]["id"]
    wrong = selling.http.post(
        "/api/v1/quotes/", {"opportunity": deal, "lines": [{"product": product, "quantity": "-1"}]}
    )
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (400, "lines/0/quantity")

    quote = selling.post("quotes", {"opportunity": deal, "lines": [{"product": product, "quantity": "2"}]})
    early = selling.http.post(f"/api/v1/quotes/{quote['id']}/create-order/", {})
    assert early.status_code == 409
    selling.post(f"quotes/{quote['id']}/activate")
    assert selling.post(f"quotes/{quote['id']}/pdf").startswith(b"%PDF")
    lacking = selling.http.post(f"/api/v1/quotes/{quote['id']}/create-order/", {})
    assert (lacking.status_code, lacking.json()["errors"][0]["path"]) == (400, "final_proposal_ready")
    selling.patch(f"opportunities/{deal}", {"final_proposal_ready": True})
    order = selling.post(f"quotes/{quote['id']}/create-order")
    invoice = selling.post(f"orders/{order['id']}/create-invoice")
    assert selling.post(f"invoices/{invoice['id']}/pay")["status"] == "paid"
    assert selling.get(f"opportunities/{deal}")["status"] == "won"


def test_the_story_through_the_api_alone(client, marketing, selling, run_jobs):
    bring_in(marketing, run_jobs)
    campaign, event = build(marketing, run_jobs)
    keen = play_readers(client, marketing, event, run_jobs)
    run_jobs(later=timedelta(days=3))

    leads = selling.get("leads")["results"]
    assert len(leads) == 2
    assert {selling.get(f"contacts/{lead['contact']}")["email"] for lead in leads} == set(keen)
    history = {row["kind"] for row in selling.get("interactions", contact=leads[0]["contact"])["results"]}
    assert history >= {"email.sent", "event.registered", "page.visited", "lead.assigned"}
    told = {row["title"] for row in selling.get(f"contacts/{leads[0]['contact']}/timeline")["happenings"]}
    assert "Registered for an event" in told, told
    sell(selling, leads[0])
    results = {row["name"]: row["count"] for row in marketing.get(f"campaigns/{campaign}/results")}
    assert [results[name] for name in ("invited", "delivered", "registered", "leads", "opportunities")] == [
        COUNT,
        COUNT,
        4,
        2,
        1,
    ]


def test_the_schema_describes_every_resource(db, client):
    answer = client.get("/api/schema/", HTTP_ACCEPT="application/json")
    assert answer.status_code == 200
    paths = answer.json()["paths"]
    for resource in ("contacts", "leads", "opportunities", "quotes", "journeys", "segments", "events", "imports"):
        assert f"/api/v1/{resource}/" in paths
