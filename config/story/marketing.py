"""What the marketer builds: segment, webinar, emails, text, scoring model and the journey that ties them together.

The story and the demo build the same campaign; only names, times and waits differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crm.models import Campaign, Sender, Topic, User
from journeys.actions.journeys import publish_journey, save_draft
from journeys.models import Journey
from marketing.actions.emails import make_ready
from marketing.actions.events import publish_event
from marketing.actions.scores import create_scoring_model
from marketing.actions.segments import create_segment
from marketing.actions.texts import save_text
from marketing.models import Event, EventMaterial, MarketingEmail, ScoringModel, Segment, Speaker, TextMessage

INDIA_OR_GERMANY = {
    "all": [
        {"test": "country", "op": "is_any_of", "value": ["IN", "DE"]},
        {"test": "commercial_consent", "op": "is", "value": True},
    ]
}


@dataclass(frozen=True)
class Plan:
    """Names and times of one telling. `wait` is how long an invitation may go unanswered, `judged_at` when the best are chosen."""

    name: str
    slug: str
    starts_at: datetime
    wait: timedelta
    judged_at: datetime
    best: int = 10


@dataclass
class Campaigning:
    """Everything that was built."""

    campaign: Campaign
    segment: Segment
    event: Event
    invitation: MarketingEmail
    second: MarketingEmail
    reminder: TextMessage
    scoring: ScoringModel
    journey: Journey


def build(plan: Plan, by: User, rule: dict[str, Any] | None = None) -> Campaigning:
    """Build all of it and publish the event; the journey stays a draft until `go_live`."""
    campaign = Campaign.objects.create(
        name=plan.name, status="running", owner=by, created_by=by, starts_on=plan.starts_at.date()
    )
    segment = create_segment(name=f"{plan.name}: India or Germany, with consent", rule=rule or INDIA_OR_GERMANY, by=by)
    event = _event(plan, campaign, by)
    topic, _ = Topic.objects.get_or_create(name="Events", defaults={"description": "Webinars and meetings"})
    invitation = _email(
        f"{plan.name}: invitation", "{{ contact.first_name | default: 'Hello' }}, your seat is waiting", event, campaign, topic, by,
        "Forty minutes, live, with the people who run fleets of hundreds of bikes. Bring your questions.",
    )  # fmt: skip
    second = _email(
        f"{plan.name}: second invitation", "Still time to join us", event, campaign, topic, by,
        "A few seats are left. If the time does not suit you, register all the same: you get the recording.",
    )  # fmt: skip
    reminder = save_text(
        TextMessage(
            name=f"{plan.name}: reminder", purpose="transactional", campaign=campaign,
            text=f'Hi {{{{ contact.first_name | default: "there" }}}}, see you at “{event.title}”. The link is in your mail.',
        ),
        by=by,
    )  # fmt: skip
    scoring = _scoring(plan, event, invitation, by)
    journey = Journey.objects.create(name=plan.name, campaign=campaign, owner=by, created_by=by)
    built = Campaigning(campaign, segment, event, invitation, second, reminder, scoring, journey)
    built.journey = save_draft(journey, draft=definition(plan, built), by=by)
    return built


def go_live(built: Campaigning, by: User) -> None:
    built.journey = publish_journey(built.journey, by=by)


def definition(plan: Plan, built: Campaigning) -> dict[str, Any]:
    """Segment → invitation → registered? → yes: SMS, among the best at the set time? → assign lead; no: second invitation."""
    event = f"marketing.event:{built.event.pk}"
    registered = {"did": "event.registered", "source": event}
    top = {
        "n": plan.best,
        "by": f"score:{built.scoring.pk}",
        "of": registered,
        "ties": {"first": "event.registered", "source": event},
    }
    best = {"outcome": "best", "label": f"Among the top {plan.best}", "rule": {"top": top}}
    steps: dict[str, tuple[str, dict[str, Any]]] = {
        "invite": ("send_email", {"email": built.invitation.pk}),
        "registered": (
            "wait_for_interaction",
            {"kind": "event.registered", "source": event, **_amount(plan.wait)},
        ),
        "remind": ("send_sms", {"text": built.reminder.pk}),
        "judged": ("wait_until", {"mode": "moment", "at": plan.judged_at.isoformat()}),
        "score": ("branch", {"branches": [best]}),
        "assign": ("assign_lead", {"topic": f"Interested after “{built.event.title}”"}),
        "second": ("send_email", {"email": built.second.pk}),
        **{name: ("end", {}) for name in ("new", "known", "nobody", "enough", "quiet")},
    }
    arrows = [
        ("entry", "next", "invite"),
        ("invite", "next", "registered"),
        ("registered", "happened", "remind"),
        ("remind", "next", "judged"),
        ("judged", "next", "score"),
        ("score", "best", "assign"),
        ("score", "else", "enough"),
        ("assign", "new", "new"),
        ("assign", "known", "known"),
        ("assign", "unassigned", "nobody"),
        ("registered", "timed_out", "second"),
        ("second", "next", "quiet"),
    ]
    return {
        "schema": 1,
        "entry": {"kind": "segment", "params": {"segment": built.segment.pk, "again": "never"}},
        "goal": None,
        "nodes": {name: {"kind": kind, "params": params} for name, (kind, params) in steps.items()},
        "edges": [list(arrow) for arrow in arrows],
    }


def _amount(wait: timedelta) -> dict[str, Any]:
    """In days where it is whole days, else in seconds."""
    if wait % timedelta(days=1):
        return {"amount": wait.total_seconds(), "unit": "seconds"}
    return {"amount": wait.days, "unit": "days"}


def _event(plan: Plan, campaign: Campaign, by: User) -> Event:
    event = Event.objects.create(
        title="Fleets that never stand still",
        slug=plan.slug,
        summary="A live webinar on running shared bikes without a workshop in chaos.",
        description="What three operators learnt from 4,000 bikes: planning service, keeping parts, and knowing tonight what breaks tomorrow.",
        starts_at=plan.starts_at,
        ends_at=plan.starts_at + timedelta(minutes=40),
        time_zone="Europe/Berlin",
        join_url="https://meet.northwind.example/fleets",
        campaign=campaign,
        owner=by,
        created_by=by,
    )
    Speaker.objects.create(event=event, name="Hanna Sørensen", title="Head of Fleet, Harbour City Bikes")
    EventMaterial.objects.create(
        event=event, label="Checklist: a service plan in a day", url="https://northwind.example/checklist.pdf"
    )
    return publish_event(event, by=by)


def _email(
    name: str, subject: str, event: Event, campaign: Campaign, topic: Topic, by: User, words: str
) -> MarketingEmail:
    blocks = [
        {"kind": "heading", "text": event.title, "level": "1", "align": "left"},
        {"kind": "text", "html": f'<p>Hello {{{{ contact.first_name | default: "there" }}}},</p><p>{words}</p>'},
        {"kind": "event", "event": event.pk, "label": "Save my seat"},
        {"kind": "footer", "html": ""},
    ]
    email = MarketingEmail.objects.create(
        name=name, subject=subject, preheader="A live webinar, forty minutes", sender=Sender.objects.get(is_default=True),
        topic=topic, campaign=campaign, blocks=blocks, owner=by, created_by=by,
    )  # fmt: skip
    return make_ready(email, by=by)


def _scoring(plan: Plan, event: Event, invitation: MarketingEmail, by: User) -> ScoringModel:
    page, mail = f"marketing.event:{event.pk}", f"marketing.email:{invitation.pk}"
    rules = [
        ("Opened the invitation", {"did": "email.opened", "source": mail}, 5, 1),
        ("Clicked the invitation", {"did": "email.clicked", "source": mail}, 10, 3),
        ("Registered", {"did": "event.registered", "source": page}, 20, 1),
        ("Came back to the event’s page", {"did": "page.visited", "source": page}, 3, 10),
    ]
    lines = [{"label": label, "when": when, "points": points, "limit": limit} for label, when, points, limit in rules]
    return create_scoring_model(name=f"{plan.name}: interest", warm_at=20, ready_at=45, rules=lines, by=by)
