"""A content of the tests' own, and an SMTP server on loopback that keeps what it gets."""

from __future__ import annotations

import socket
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from django.test import override_settings

from crm.actions.consent import give_consent_many
from crm.delivery import contents
from crm.delivery.contents import Content
from crm.delivery.providers import forget_providers, provider_of
from crm.models import Company, Contact, OutboxItem
from tests.factories.crm import ContactFactory, SenderFactory

HTML = (
    "<html><body><p>Dear {{ contact.first_name | default: 'reader' }},</p>"
    '<p><a href="https://vendor.example/webinar?a=1&amp;b=2">Join the webinar</a></p></body></html>'
)
INVITATION = Content(
    "Invitation",
    subject="{{ contact.first_name | default: 'Hello' }}, see you on Tuesday?",
    html=HTML,
    text="Dear {{ contact.first_name }},\n\nJoin: https://vendor.example/webinar?a=1&b=2\n",
)
REF = ("tests.content", 1, 1)
known: dict[tuple[int, int], Content] = {}


def load(content_id: int, version: int) -> Content:
    try:
        return known[content_id, version]
    except KeyError:
        raise LookupError("the content no longer exists.") from None


contents.register("tests.content", load)


@pytest.fixture(autouse=True)
def _contents():
    known.clear()
    known[1, 1] = INVITATION
    yield
    known.clear()


@pytest.fixture
def company(administrator):
    return Company.objects.create(
        pk=1, name="Northwind", street="Main Street 1", postal_code="1010", city="Vienna", country="AT"
    )


@pytest.fixture
def sender(db):
    return SenderFactory(is_default=True)


@pytest.fixture
def asha(company, sender):
    """A contact who wants commercial mail."""
    contact = ContactFactory(first_name="Asha", last_name="Rao", email="Asha.Rao@customer.example")
    agree(contact)
    return contact


def agree(*contacts: Contact) -> None:
    give_consent_many(Contact.objects.filter(pk__in=[c.pk for c in contacts]), source="Test")


def mail_to(address: str):
    return message_from_bytes(bytes(OutboxItem.objects.get(to=address).raw), policy=policy.default)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Inbox:
    """What the server on loopback has got, and whom it refuses."""

    pipelines = True

    def __init__(self) -> None:
        self.mails: list = []
        self.refuse: dict[str, str] = {}

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        """It reads commands as they come, so it may say that it pipelines."""
        session.host_name = hostname
        return [*responses[:-1], *(["250-PIPELINING"] if self.pipelines else []), responses[-1]]

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append((envelope.rcpt_tos[0], mail))
        return "250 2.0.0 Ok: queued"


@pytest.fixture
def smtp(request):
    """Email goes to a real SMTP server; the test reads `smtp.mails` and sets `smtp.refuse`."""
    inbox = Inbox()
    inbox.pipelines = getattr(request, "param", True)
    port = free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    delivery = {
        "email": {
            "BACKEND": "crm.integrations.smtp.Smtp",
            "OPTIONS": {"url": f"smtp://127.0.0.1:{port}?connections=2"},
        },
        "sms": {"BACKEND": "crm.integrations.outbox.Outbox"},
    }
    with override_settings(DELIVERY=delivery):
        yield inbox
        provider_of("email").close()
    controller.stop()
    forget_providers()
