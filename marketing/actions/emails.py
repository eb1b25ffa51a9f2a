"""What is done with an email: edit, check, make ready, test, copy. A send takes only what was made ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from crm.delivery.contents import Content
from crm.delivery.queueing import queue_test
from crm.errors import Invalid
from crm.models import Contact, Message
from marketing.actions.utm import utm_of
from marketing.blocks.checking import Problem, check_email
from marketing.blocks.compiling import Head, compile_email
from marketing.blocks.parsing import as_stored, parse_blocks
from marketing.models import EmailVersion, MarketingEmail

if TYPE_CHECKING:
    from crm.models import User

CONTENT, DRAFT = "marketing.email", "marketing.email_draft"
EDITABLE = (
    "name",
    "subject",
    "preheader",
    "sender",
    "purpose",
    "topic",
    "campaign",
    "language",
    "adds_utm",
    "utm_campaign",
    "blocks",
)


@transaction.atomic
def edit_email(email: MarketingEmail, *, by: User, **fields: Any) -> MarketingEmail:
    """Change it; a ready email becomes a draft again, its versions stay. Raises Invalid with the path in the blocks."""
    email = _locked(email, by)
    for name, value in fields.items():
        if name not in EDITABLE:
            raise TypeError(f"edit_email does not set {name}")
        setattr(email, name, as_stored(parse_blocks(value)) if name == "blocks" else value)
    if email.status == MarketingEmail.Status.READY:
        email.rework()
    email.version += 1
    email.save()
    return email


def problems_of(email: MarketingEmail) -> list[Problem]:
    """The check of the draft as it stands."""
    return check_email(email, parse_blocks(email.blocks))


@transaction.atomic
def make_ready(email: MarketingEmail, *, by: User) -> MarketingEmail:
    """Check it and keep what will be sent, word for word. Raises Invalid at the first error."""
    email = _locked(email, by)
    problems = problems_of(email)
    for problem in problems:
        if problem.is_error:
            raise Invalid(problem.message, field=problem.path)
    content = draft_content(email)
    latest = email.versions.first()
    if latest and (latest.subject, latest.html, latest.text) == (content.subject, content.html, content.text):
        number = latest.number
    else:
        number = latest.number + 1 if latest else 1
        EmailVersion.objects.create(
            email=email,
            number=number,
            subject=content.subject,
            html=content.html,
            text=content.text,
            blocks=email.blocks,
            checked=[problem.as_json() for problem in problems],
            made_by=by,
        )
    email.make_ready(number)
    email.version += 1
    email.save()
    return email


def send_test(email: MarketingEmail, *, by: User, to: str = "", contact: Contact | None = None) -> Message:
    """Send the draft to yourself (or `to`), as `contact` would read it. Nothing is counted."""
    email.must_be_editable_by(by)
    for problem in problems_of(email):
        if problem.is_error and problem.field in ("subject", "sender"):
            raise Invalid(problem.message, field=problem.path)
    return queue_test(
        (DRAFT, email.pk, email.version), to=to or by.email, as_contact=contact, sender=email.sender, by=by
    )


def copy_email(email: MarketingEmail, *, by: User) -> MarketingEmail:
    """A new draft with the same blocks."""
    return MarketingEmail.objects.create(
        **{name: getattr(email, name) for name in EDITABLE if name != "name"},
        name=f"{email.name} (copy)"[:200],
        owner=by,
        created_by=by,
    )


def draft_content(email: MarketingEmail) -> Content:
    """The draft as delivery would take it."""
    head = Head(email.name, email.subject, email.preheader, email.language)
    return compile_email(head, parse_blocks(email.blocks))


def load_version(pk: int, number: int) -> Content:
    """For crm.delivery.contents: a version, word for word."""
    version = EmailVersion.objects.filter(email=pk, number=number).select_related("email__campaign").first()
    if version is None:
        raise LookupError(f"Email {pk} has no version {number}.")
    email = version.email
    utm = utm_of(email.utm_campaign or str(email.campaign or email.name), medium="email") if email.adds_utm else {}
    return Content(name=email.name, subject=version.subject, html=version.html, text=version.text, utm=utm)


def load_draft(pk: int, version: int) -> Content:
    """For crm.delivery.contents: what a test-send carries. `version` is that of the record, which every edit raises."""
    email = MarketingEmail.objects.filter(pk=pk).first()
    if email is None:
        raise LookupError(f"There is no email {pk}.")
    return draft_content(email)


def _locked(email: MarketingEmail, by: User) -> MarketingEmail:
    email.must_be_editable_by(by)
    return MarketingEmail.objects.select_for_update().get(pk=email.pk)
