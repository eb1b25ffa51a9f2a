"""The mail that says “you are registered”, with the calendar file."""

from __future__ import annotations

from django.utils import timezone
from django.utils.html import linebreaks, urlize

from crm.delivery.contents import Content
from crm.delivery.persons import values_of
from crm.delivery.queueing import Attachment, send_one
from crm.delivery.templates import check, parse
from crm.errors import Invalid
from crm.models import Company, Contact, Message
from marketing.calendars import calendar_file, public_url, when_of, where_of
from marketing.models import Event, Registration

CONTENT = "marketing.event_confirmation"
VARIABLES = frozenset({"event_title", "event_when", "event_where", "event_url"})


def confirmation_of(event: Event) -> Content:
    """The confirmation as delivery reads it: plain text."""
    return Content(
        name=f"Confirmation: {event.title}",
        subject=event.confirmation_subject,
        text=event.confirmation_text,
        tracked=False,
        variables=VARIABLES,
    )


def load_confirmation(pk: int, version: int) -> Content:
    """For crm.delivery.contents. Raises LookupError where there is no such event."""
    event = Event.objects.filter(pk=pk).first()
    if event is None:
        raise LookupError(f"There is no event {pk}.")
    return confirmation_of(event)


def check_confirmation(event: Event) -> None:
    """Raises Invalid at the first token that nobody knows."""
    for problem in check(confirmation_of(event)):
        field = "confirmation_subject" if problem.field == "subject" else "confirmation_text"
        raise Invalid(problem.message, field=field)


def send_confirmation(registration: Registration) -> Message | None:
    """Queue the confirmation, once per registration. Somebody without an address gets none."""
    event, contact = registration.event, registration.contact
    if not contact.email:
        return None
    values = values_for(event, contact)
    text = parse(event.confirmation_text, is_html=False).render(values, is_html=False)
    subject = parse(event.confirmation_subject, is_html=False).render(values, is_html=False)
    return send_one(
        to=contact.email,
        subject=" ".join(subject.split()),
        text=text,
        html=linebreaks(urlize(text, autoescape=True)),
        contact=contact,
        attachments=[Attachment("event.ics", "text/calendar", calendar_file(event, now=timezone.now(), guest=True))],
        purpose="transactional",
        campaign=event.campaign_id,
        key=f"registration:{registration.pk}:{registration.number}",
    )


def values_for(event: Event, contact: Contact) -> dict[str, str]:
    """What the tokens of a confirmation stand for."""
    company = Company.objects.first()
    return {
        **values_of(contact),
        "company.name": company.name if company else "",
        "company.postal_address": company.postal_address if company else "",
        "event_title": event.title,
        "event_when": when_of(event),
        "event_where": where_of(event, guest=True),
        "event_url": public_url(event),
    }
