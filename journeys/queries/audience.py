"""Before publishing: who will come in now, and whom the first messages would reach."""

from __future__ import annotations

from dataclasses import dataclass

from crm.delivery.eligibility import Audience, preview
from crm.delivery.purposes import rules
from crm.models import Contact
from journeys import entries, graph
from journeys.models import Journey, Participant
from journeys.steps.sending import contents_of
from marketing import models as marketing

MESSAGES_SHOWN = 4


@dataclass(frozen=True)
class Sending:
    """One step that sends, and whom it would reach if all went there today."""

    name: str
    icon: str
    audience: Audience | None


@dataclass(frozen=True)
class Outlook:
    """`now` come in at once; `known` of the segment have been in before and do not come again."""

    way_in: str
    again: str
    now: int
    known: int
    sendings: list[Sending]
    steps: int
    is_open_ended: bool


def before_publishing(journey: Journey) -> Outlook:
    """Only for a draft without problems."""
    parsed = graph.parse(journey.draft)
    params = parsed.entry["params"]
    again = params.get("again", "never")
    members = Contact.objects.none()
    known = 0
    if parsed.entry["kind"] == "segment":
        members = Contact.objects.alive().filter(
            pk__in=marketing.SegmentMember.objects.filter(segment=params["segment"]).values("contact")
        )
        before = Participant.objects.filter(journey=journey)
        if again == "after_leaving":
            before = before.active()
        if again != "always":
            known = members.filter(pk__in=before.values("contact")).count()
            members = members.exclude(pk__in=before.values("contact"))
    sendings: list[Sending] = []
    known_rules = rules()
    for node in parsed.nodes.values():
        found = contents_of(node.kind, node.params)
        if found:
            channel, content = found
            audience = None
            if parsed.entry["kind"] == "segment" and len(sendings) < MESSAGES_SHOWN:
                audience = preview(
                    members, channel=channel, purpose=content.purpose, topic=content.topic_id, known=known_rules
                )
            sendings.append(Sending(node.name, node.step.icon, audience))
    return Outlook(
        way_in=entries.in_words(parsed.entry),
        again=dict(entries.AGAIN)[again],
        now=members.count(),
        known=known,
        sendings=sendings,
        steps=len(parsed.nodes),
        is_open_ended=parsed.entry["kind"] != "by_hand",
    )
