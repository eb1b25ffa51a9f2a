"""Emails and texts for tests."""

from factory import Sequence, SubFactory
from factory.django import DjangoModelFactory

from marketing.models import MarketingEmail, Segment, TextMessage
from tests.factories.crm import SenderFactory

BLOCKS = [
    {"id": "b1", "kind": "heading", "text": "Our webinar", "level": "1", "align": "left"},
    {"id": "b2", "kind": "text", "html": '<p>Hello {{ contact.first_name | default: "there" }},</p>', "align": "left"},
    {"id": "b3", "kind": "button", "label": "Save my seat", "url": "https://events.example/webinar", "align": "center"},
    {"id": "b4", "kind": "footer", "html": ""},
]


class MarketingEmailFactory(DjangoModelFactory):
    name = Sequence("Invitation {}".format)
    subject = "You are invited, {{ contact.first_name }}"
    sender = SubFactory(SenderFactory)
    blocks = BLOCKS

    class Meta:
        model = MarketingEmail


class TextMessageFactory(DjangoModelFactory):
    name = Sequence("Reminder {}".format)
    text = "Hello {{ contact.first_name }}, we start at 3."
    sender = SubFactory(SenderFactory)

    class Meta:
        model = TextMessage


class ListFactory(DjangoModelFactory):
    """A segment that is filled by hand."""

    name = Sequence("List {}".format)
    kind = "static"

    class Meta:
        model = Segment
