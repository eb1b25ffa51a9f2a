"""The demo's email templates and signatures, one email that goes out at once, and one that waits for its reader's morning."""

from __future__ import annotations

from django.utils import timezone

from crm.actions.email_templates import create_template
from crm.actions.letters import write_letter
from crm.models import EmailTemplate, User
from crm.queries.template_words import filled
from crm.zones import next_morning, zone_of
from sales.models import Lead, Opportunity

TEMPLATES = (
    (
        "First contact",
        "sales.lead",
        "{{ lead.topic }}",
        '<p>Dear {{ contact.first_name | default: "Sir or Madam" }},</p><p>thank you for your interest. May I call you this '
        "week? Two questions help me to prepare:</p><ul><li>How many bikes are on the road today?</li>"
        "<li>When do you want to begin?</li></ul>",
    ),
    (
        "After the demo",
        "sales.opportunity",
        "Our demo: {{ opportunity.topic }}",
        '<p>Dear {{ contact.first_name | default: "Sir or Madam" }},</p><p>thank you for your time. As agreed, you get our '
        "proposal for {{ account.name }} within three days.</p>",
    ),
    (
        "Have you looked at it?",
        "sales.opportunity",
        "{{ opportunity.topic }}: is there anything open?",
        '<p>Dear {{ contact.first_name | default: "Sir or Madam" }},</p><p>have you had the time to look at our proposal? '
        "I am glad to go through it with you.</p>",
    ),
)


def make_letters(users: dict[str, User]) -> None:
    """Called once the leads and deals are there."""
    for name in ("priya", "arne", "lena"):
        user = users[name]
        user.signature = f"<p>{user.name}<br>Sales, {user.email}</p>"
        user.save(update_fields=["signature"])
    first, after, _asking = (
        create_template(name=name, about=about, subject=subject, html=html, reach="everybody", by=users["marta"])
        for name, about, subject, html in TEMPLATES
    )
    rep = users["priya"]
    deal = Opportunity.objects.open().filter(owner=rep).exclude(contact__email="").order_by("pk").first()
    lead = Lead.objects.open().filter(owner=rep).exclude(contact__email="").order_by("pk").first()
    if deal is not None:
        _write(deal, after, rep, waits=False)
    if lead is not None:
        _write(lead, first, rep, waits=True)


def _write(record: Lead | Opportunity, template: EmailTemplate, rep: User, *, waits: bool) -> None:
    contact = record.contact
    assert contact is not None
    said = filled(template.subject, template.html, record=record, contact=contact, by=rep)
    write_letter(
        by=rep, to=contact, subject=said.subject, html=said.html + rep.signature, regarding=record, template=template,
        due_at=next_morning(zone_of(contact).name, timezone.now()) if waits else None,
    )  # fmt: skip
