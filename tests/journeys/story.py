"""The journey of the webinar story, with the rows it names: segment, emails, text, event, score."""

from datetime import timedelta

from django.utils import timezone

from crm.actions.consent import give_consent_many
from crm.models import Contact
from marketing.actions.emails import make_ready
from marketing.actions.texts import save_text
from marketing.models import ScoringModel, SegmentMember
from tests.factories.crm import ContactFactory, UserFactory
from tests.factories.emails import ListFactory, MarketingEmailFactory, TextMessageFactory
from tests.factories.journeys import definition, node
from tests.factories.marketing_events import EventFactory


def story_rows(people=3):
    marketer = UserFactory(roles=["marketer"])
    contacts = [ContactFactory(mobile=f"+4915123456{number:02}", country="DE") for number in range(people)]
    for channel in ("email", "sms"):
        give_consent_many(Contact.objects.filter(pk__in=[c.pk for c in contacts]), channel=channel, source="test")
    segment = ListFactory()
    SegmentMember.objects.bulk_create(SegmentMember(segment=segment, contact=contact) for contact in contacts)
    invitations = [make_ready(MarketingEmailFactory(sender__is_default=n == 0), by=marketer) for n in range(2)]
    return {
        "by": marketer,
        "contacts": contacts,
        "segment": segment,
        "invitation": invitations[0],
        "second": invitations[1],
        "reminder": save_text(TextMessageFactory(sender=invitations[0].sender), by=marketer),
        "event": EventFactory(),
        "model": ScoringModel.objects.create(name="Interest"),
    }


def story_definition(rows, judged_at=None):
    """segment → invitation → registered? → yes: SMS, judged at a set time: top ten → lead; no: second invitation."""
    event = f"marketing.event:{rows['event'].pk}"
    top = {
        "top": {
            "n": 10,
            "by": f"score:{rows['model'].pk}",
            "of": {"did": "event.registered", "source": event},
            "ties": {"first": "event.registered", "source": event},
        }
    }
    until = (judged_at or timezone.now() + timedelta(hours=2)).isoformat()
    nodes = {
        "invite": node("send_email", email=rows["invitation"].pk),
        "registered": node("wait_for_interaction", kind="event.registered", source=event, amount=1, unit="hours"),
        "remind": node("send_sms", text=rows["reminder"].pk),
        "judge": node("wait_until", mode="moment", at=until),
        "hot": node("branch", branches=[{"outcome": "yes", "label": "Top ten", "rule": top}]),
        "lead": node("assign_lead", topic="Webinar follow-up"),
        "new": node("end"),
        "known": node("end"),
        "unassigned": node("end"),
        "cold": node("end"),
        "again": node("send_email", email=rows["second"].pk),
        "over": node("end"),
    }
    edges = [
        ["entry", "next", "invite"],
        ["invite", "next", "registered"],
        ["registered", "happened", "remind"],
        ["registered", "timed_out", "again"],
        ["again", "next", "over"],
        ["remind", "next", "judge"],
        ["judge", "next", "hot"],
        ["hot", "yes", "lead"],
        ["hot", "else", "cold"],
        ["lead", "new", "new"],
        ["lead", "known", "known"],
        ["lead", "unassigned", "unassigned"],
    ]
    return definition(nodes, edges, entry="segment", segment=rows["segment"].pk)
