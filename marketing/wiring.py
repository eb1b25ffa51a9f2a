"""What marketing puts on the hooks."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from auditlog.registry import auditlog
from django.db.models import QuerySet

from crm import jobs
from crm.access.depths import Depth
from crm.delivery import contents
from crm.hooks import (
    attributes,
    campaign_results,
    contact_actions,
    embeds,
    notices,
    panels,
    rankings,
    search,
    shortcuts,
    sources,
)
from crm.hooks.navigation import Door
from crm.hooks.navigation import register as door
from crm.hooks.resources import EVERYTHING, READS, declare
from crm.log import kinds, reading, triggers
from crm.models import Touched
from crm.search import indexed
from marketing import bin_rules, listening, merge_rules, personal, uses, using_segments, watched
from marketing import indexed as marketing_indexed
from marketing.actions import emails, engagement, experiments, lists, membership, sends, texts
from marketing.actions import scores as score_actions
from marketing.actions import segments as segment_actions
from marketing.actions.confirmations import load_confirmation
from marketing.models import Event, Form
from marketing.queries import named, registrations, results, scores, segments
from marketing.web import found

SENDS = (Depth.ALL, Depth.ALL, Depth.NONE, Depth.NONE)
"""What was asked for is seen and never changed."""


def wire() -> None:
    """Register everything; called once, from MarketingConfig.ready()."""
    bin_rules.register_all()
    merge_rules.register_all()
    _events()
    _segments()
    _scores()
    _sources()
    _emails()
    _search()
    personal.register_all()


def _search() -> None:
    indexed.keep(*marketing_indexed.EVERY)
    for source in found.SOURCES:
        search.register(source)


def _events() -> None:
    """Forms, events and what their guests do."""
    declare("marketing.form", "Forms", manager=READS, marketer=EVERYTHING)
    declare("marketing.event", "Events", rep=READS, manager=READS, marketer=EVERYTHING)
    for model in (Form, Event):
        auditlog.register(model, exclude_fields=["version", "updated_at"])
    kinds.declare("form.submitted", "Form sent", icon="forms", group="Forms and events")
    kinds.declare("event.registered", "Registered for an event", icon="calendar-plus", group="Forms and events")
    kinds.declare("event.attended", "Attended an event", icon="calendar-check", group="Forms and events")
    kinds.declare("event.unregistered", "Registration cancelled", icon="calendar-off", group="Forms and events")
    kinds.declare("page.visited", "Page visited", icon="eye", group="Forms and events")
    contents.register("marketing.event_confirmation", load_confirmation)
    door(
        Door(
            "marketing.forms",
            "marketing",
            "Forms",
            "admin:marketing_form_changelist",
            "forms",
            ("marketing.form", "view"),
            60,
        )
    )
    door(
        Door(
            "marketing.events",
            "marketing",
            "Events",
            "admin:marketing_event_changelist",
            "calendar-event",
            ("marketing.event", "change"),
            80,
        )
    )
    may_add = ("marketing.event", "add")
    door(Door("marketing.event-new", "new", "Event", "admin:marketing_event_add", "calendar-event", may_add, 75))
    panels.register(panels.Panel("marketing.events", "crm.contact", "Events", registrations.events_panel, order=60))
    campaign_results.register("registered", "Registered", *_counted(registrations.registered_for), order=50)
    attributes.register(
        attributes.Attribute(
            "marketing.registered_event",
            "Registered for event",
            "choice",
            registrations.is_registered_q,
            group="Events",
            choices=registrations.event_choices,
            proof=registrations.registration_proof,
        )
    )


def _emails() -> None:
    """Emails, texts, sends, and what they add to a campaign."""
    declare("marketing.marketingemail", "Emails", manager=READS, marketer=EVERYTHING)
    declare("marketing.textmessage", "Text messages", manager=READS, marketer=EVERYTHING)
    declare("marketing.send", "Sends", ("approve",), manager=READS, marketer=EVERYTHING)
    for resource, label in (
        ("brand", "Brands"), ("contentblock", "Reusable blocks"), ("emaildesign", "Email designs"), ("mediafile", "Pictures"),
    ):  # fmt: skip
        declare(f"marketing.{resource}", label, manager=READS, marketer=EVERYTHING)
    declare("marketing.transactionalemail", "Emails sent by API", manager=READS, marketer=SENDS)
    embeds.register_listing(
        embeds.Listing("marketing.registrations", "Events she is registered for", registrations.cards_of)
    )
    contents.register(emails.CONTENT, emails.load_version)
    contents.register(emails.DRAFT, emails.load_draft)
    contents.register(texts.CONTENT, texts.load_version)
    jobs.register_sweep(sends.START, sends.has_due)
    jobs.register_sweep(experiments.DECIDE, experiments.has_due)
    notices.declare("approval", "A send waits for approval, or yours was decided", order=15)
    door(
        Door(
            "marketing.emails",
            "marketing",
            "Emails",
            "admin:marketing_marketingemail_changelist",
            "mail",
            ("marketing.marketingemail", "view"),
            40,
        )
    )
    for name, label, icon, resource, order in (
        ("content-blocks", "Reusable blocks", "components", "contentblock", 42),
        ("email-designs", "Marketing templates", "template", "emaildesign", 43),
        ("brands", "Brands", "palette", "brand", 44),
        ("pictures", "Pictures", "photo", "mediafile", 45),
    ):
        address = f"admin:marketing_{resource}_changelist"
        door(Door(f"marketing.{name}", "marketing", label, address, icon, (f"marketing.{resource}", "view"), order))
    door(
        Door(
            "marketing.texts",
            "marketing",
            "Texts",
            "admin:marketing_textmessage_changelist",
            "message",
            ("marketing.textmessage", "view"),
            50,
        )
    )
    door(
        Door(
            "marketing.campaigns",
            "marketing",
            "Campaigns",
            "marketing:campaigns",
            "speakerphone",
            ("crm.campaign", "view"),
            95,
        )
    )
    door(
        Door(
            "marketing.sends",
            "marketing",
            "Sends",
            "admin:marketing_send_changelist",
            "send",
            ("marketing.send", "view"),
            55,
        )
    )
    campaign_results.register("invited", "Invited", *_counted(results.invited), order=10)
    campaign_results.register("delivered", "Delivered", *_counted(results.delivered), order=20)
    campaign_results.register("opened", "Opened", *_counted(results.opened), order=30)
    campaign_results.register("clicked", "Clicked", *_counted(results.clicked), order=40)


def _counted(people: Callable[[Any], QuerySet]) -> tuple[Callable[[Any], int], Callable[[Any], QuerySet]]:
    return (lambda campaign: results.count(people(campaign))), people


def _segments() -> None:
    """Segments, kept up to date by the log and by what the triggers note."""
    declare("marketing.segment", "Segments", manager=READS, marketer=EVERYTHING)
    kinds.declare("segment.entered", "Entered a segment", icon="login-2", group="Segments", is_behaviour=False)
    kinds.declare("segment.left", "Left a segment", icon="logout-2", group="Segments", is_behaviour=False)
    attributes.register(
        attributes.Attribute(
            "segment",
            "Segment",
            "choice",
            segments.member_q,
            "Marketing",
            segments.segment_choices,
            proof=segments.member_proof,
        )
    )
    uses.register("marketing.segments", using_segments.segments_of)
    uses.register("marketing.scores", using_segments.scores_of)
    uses.register("marketing.sends", using_segments.sends_of)
    shortcuts.register("marketing.engagement", engagement.shortcut)
    reading.register(reading.Reader("marketing.segments", listening.segments_hear, listening.segment_kinds))
    reading.register(reading.Reader(membership.READER, listening.segments_see, table=Touched))
    jobs.register_sweep("marketing.tasks.refresh_segments", segment_actions.is_due)
    jobs.register_recurring("marketing.tasks.refresh_moving_segments", segment_actions.MOVES_EVERY)
    jobs.register_recurring("marketing.tasks.reconcile_segments", timedelta(days=1))
    panels.register(panels.Panel("marketing.segments", "crm.contact", "Segments", segments.panel, order=70))
    contact_actions.register(
        contact_actions.ContactAction(
            "marketing.list",
            "Add to a list",
            lists.add_to_list,
            ("marketing.segment", "change"),
            lists.ListForm,
            lists.add_many_to_list,
        )
    )
    segment_list = "admin:marketing_segment_changelist"
    door(
        Door(
            "marketing.segments",
            "marketing",
            "Segments",
            segment_list,
            "users-group",
            ("marketing.segment", "view"),
            20,
        )
    )


def _scores() -> None:
    """Scores, computed from the log and from facts about the contact."""
    declare("marketing.scoringmodel", "Scoring", rep=READS, manager=READS, marketer=EVERYTHING)
    kinds.declare("score.reached", "Score reached the threshold", icon="trophy", group="Scoring", is_behaviour=False)
    kinds.declare("score.crossed", "Score rose to a watched number", icon="trophy", group="Scoring", is_behaviour=False)
    attributes.register(
        attributes.Attribute(
            "score",
            "Score",
            "number",
            scores.score_q,
            "Marketing",
            subjects=scores.model_choices,
            proof=scores.score_proof,
        )
    )
    rankings.register(rankings.Ranking("score", "Score", scores.points_in, scores.model_choices))
    reading.register(reading.Reader("marketing.scores", listening.scores_hear, score_actions.kinds_that_score))
    reading.register(reading.Reader("marketing.scores.touched", listening.scores_see, table=Touched))
    jobs.register_sweep("marketing.tasks.recompute_waiting_scores", lambda now: bool(score_actions.waiting(now)))
    jobs.register_recurring("marketing.tasks.recompute_decaying_scores", score_actions.DECAYS_EVERY)
    panels.register(panels.Panel("marketing.scores", "crm.contact", "Scores", scores.panel, order=30))
    triggers.keep(watched.SCORE, watched.REGISTRATION)
    scoring = "admin:marketing_scoringmodel_changelist"
    door(Door("marketing.scoring", "marketing", "Scoring", scoring, "trophy", ("marketing.scoringmodel", "change"), 90))


def _sources() -> None:
    """What behaviour can happen on, for the editors of rules."""
    emails_did = (
        "email.sent",
        "email.delivered",
        "email.opened",
        "email.clicked",
        "email.replied",
        "email.bounced",
        "email.unsubscribed",
    )
    sources.register(sources.SourceType("marketing.email", "Email", emails_did, named.emails, named.emails_of))
    texts_did = ("sms.sent", "sms.clicked")
    sources.register(sources.SourceType("marketing.text", "Text", texts_did, named.texts, named.texts_of))
    sources.register(sources.SourceType("marketing.form", "Form", ("form.submitted",), named.forms))
    events_did = ("event.registered", "event.attended", "event.unregistered")
    sources.register(sources.SourceType("marketing.event", "Event", events_did, named.events))
    sources.register(
        sources.SourceType(
            "marketing.segment", "Segment", ("segment.entered", "segment.left"), segments.segment_choices
        )
    )
    sources.register(
        sources.SourceType(
            "marketing.scoringmodel", "Scoring", ("score.reached", "score.crossed"), scores.model_choices
        )
    )
