"""Emails that people write from a record: asked for, taken back or moved while they wait."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import getaddresses
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from liquid.exceptions import LiquidError

from crm.actions.activities import about, finish
from crm.actions.attachments import attach_file, attachments_of
from crm.delivery import queueing
from crm.delivery.channels import normal_email
from crm.delivery.contents import LETTER
from crm.delivery.eligibility import why_not
from crm.delivery.mime import address_header
from crm.delivery.rendering import text_of
from crm.errors import Invalid, NotAllowed
from crm.models import Activity, Attachment, Contact, EmailTemplate, Letter, Message, User
from crm.queries.template_words import filled, label_of, problems_in
from crm.rich_text import clean_rich

MOST_READERS = 20
MOST_BYTES = 20 * 1024 * 1024
"""Of files with one email: beyond it, many mail servers refuse."""


@dataclass(frozen=True)
class Reader:
    """Somebody who gets it. `contact` is known where the address is that of one the writer sees."""

    address: str
    contact: Contact | None = None

    @property
    def named(self) -> str:
        return address_header(str(self.contact) if self.contact else "", self.address)


@transaction.atomic
def write_letter(
    *,
    by: User,
    to: Contact,
    subject: str,
    html: str,
    regarding: Model | None = None,
    cc: str = "",
    bcc: str = "",
    template: EmailTemplate | None = None,
    uploads: Sequence[Any] = (),
    files: Iterable[Attachment] = (),
    due_at: datetime | None = None,
    is_tracked: bool = True,
    in_reply_to: str = "",
    instead_of: Activity | None = None,
) -> Activity:
    """An email to one person and whoever is to have a copy, from the writer's own address; answers its activity.

    Tokens in subject and text are filled from `regarding`. `due_at` in the future lets it wait. `instead_of` is a waiting
    email that this one replaces. Raises Invalid at the field in question: no address, a token that nobody knows, a hole
    where a value should be, files that are too large, a reader who must not be written to.
    """
    said = _said(subject, html, regarding, to, by)
    readers, heads = _readers(to, cc, bcc, by)
    if instead_of is not None:
        take_back(instead_of, by=by)
    now = timezone.now()
    contact, account = about(regarding, to, None)
    activity = Activity(
        kind=Activity.Kind.EMAIL, subject=said[0], body=text_of(said[1]).strip(), contact=contact, account=account,
        owner=by, created_by=by, due_at=max(due_at or now, now), status=Activity.Status.WAITING,
    )  # fmt: skip
    if regarding is not None:
        activity.regarding = regarding
    activity.save()
    _attach(activity, uploads, [*files, *(attachments_of(template) if template else [])], by)
    letter = Letter.objects.create(
        subject=said[0], html=said[1], text=text_of(said[1]), sent_from=address_header(by.name, by.email), written_by=by,
        activity=activity, template=template, to_line=heads[0], cc_line=heads[1], in_reply_to=in_reply_to,
        is_tracked=is_tracked, waits_until=activity.due_at,
    )  # fmt: skip
    _queue(letter, readers, by)
    return activity


@transaction.atomic
def take_back(activity: Activity, *, by: User) -> Activity:
    """It is not sent. Raises NotAllowed where it is being sent, or has been."""
    letter = _waiting_letter(activity)
    messages = messages_of(letter)
    if queueing.cancel(messages, _("It was taken back by %s.") % by) < messages.count():
        raise NotAllowed(_("It is too late: it is being sent."))
    letter.waits_until = None
    letter.save(update_fields=["waits_until"])
    gone, said = Activity.Status.CANCELLED, _("Not sent: taken back")
    locked = Activity.objects.select_for_update(of=("self",)).get(pk=activity.pk)
    return finish(locked, at=timezone.now(), outcome=said, by=by, status=gone)


@transaction.atomic
def send_at(activity: Activity, due_at: datetime | None) -> None:
    """Send a waiting one at another time; None means now. Raises NotAllowed where it has gone."""
    letter = _waiting_letter(activity)
    now = timezone.now()
    at = max(due_at or now, now)
    queueing.postpone(messages_of(letter).filter(status=Message.Status.DUE), at)
    letter.waits_until = at
    letter.save(update_fields=["waits_until"])
    locked = Activity.objects.select_for_update(of=("self",)).get(pk=activity.pk)
    locked.due_at = at
    locked.save()


def hidden_readers(letter: Letter) -> list[str]:
    """The addresses that get a copy which its heads do not tell of."""
    told = f"{letter.to_line}, {letter.cc_line}"
    seen = {normal_email(address) for _name, address in getaddresses([told])}
    every = list(messages_of(letter).order_by("pk").values_list("address", flat=True))
    return [address for address in every if address not in seen] if len(every) > 1 else []


def parse_addresses(text: str, field: str) -> list[str]:
    """The addresses of a line like “Asha <asha@x.in>, tom@y.de”. Raises Invalid with the one that is none."""
    found = (
        [address for _name, address in getaddresses([text.replace(";", ",").replace("\n", " ")])]
        if text.strip()
        else []
    )
    for address in found or ([text] if text.strip() else []):
        try:
            validate_email(address)
        except ValidationError:
            raise Invalid(_("“%s” is no email address.") % (address or text.strip()), field=field) from None
    return list(dict.fromkeys(normal_email(address) for address in found))


def _said(subject: str, html: str, regarding: Any, to: Contact, by: User) -> tuple[str, str]:
    """Subject and text, clean and with every token filled."""
    html = clean_rich(html)
    if not subject.strip():
        raise Invalid(_("Write a subject."), field="subject")
    if not text_of(html).strip():
        raise Invalid(_("Write what you want to say."), field="html")
    for problem in problems_in(subject, html, label_of(regarding)):
        raise Invalid(problem.message, field=problem.field)
    try:
        said = filled(subject, html, record=regarding, contact=to, by=by)
    except LiquidError as problem:
        raise Invalid(str(problem).splitlines()[0], field="html") from None
    return said.subject, said.html


def _readers(to: Contact, cc: str, bcc: str, by: User) -> tuple[list[Reader], tuple[str, str]]:
    """Everybody once, and what the heads To and Cc say where there is more than one."""
    if not to.email:
        raise Invalid(_("%s has no email address.") % to, field="to")
    first = Reader(to.email_normal or normal_email(to.email), to)
    copies, blind = parse_addresses(cc, "cc"), parse_addresses(bcc, "bcc")
    known = {
        contact.email_normal: contact
        for contact in Contact.objects.visible_to(by).filter(email_normal__in=[*copies, *blind]).order_by("-pk")
    }
    seen = [Reader(address, known.get(address)) for address in copies if address != first.address]
    hidden = [Reader(a, known.get(a)) for a in blind if a != first.address and a not in copies]
    readers = [first, *seen, *hidden]
    if len(readers) > MOST_READERS:
        raise Invalid(
            _("An email goes to at most %s people. Write to more by a send of marketing.") % MOST_READERS, field="cc"
        )
    for reader in readers:
        reason = why_not(reader.contact, purpose="transactional") if reader.contact else ""
        if reason:
            raise Invalid(
                _("%(who)s cannot be written to: %(why)s") % {"who": reader.contact, "why": reason},
                field="to" if reader is first else "cc" if reader in seen else "bcc",
            )
    heads = (first.named, ", ".join(one.named for one in seen)) if len(readers) > 1 else ("", "")
    return readers, heads


def _attach(activity: Activity, uploads: Sequence[Any], known: Iterable[Attachment], by: User) -> None:
    """What is uploaded and what lies in Tandem already becomes files of the email."""
    copies = list(known)
    size = sum(upload.size or 0 for upload in uploads) + sum(copy.size for copy in copies)
    if size > MOST_BYTES:
        said = _("The files have %(size).1f MB; mail servers take %(most)d MB at most. Send a link instead.")
        raise Invalid(said % {"size": size / 1024**2, "most": MOST_BYTES / 1024**2}, field="files")
    for upload in uploads:
        try:
            attach_file(activity, upload, by=by)
        except Invalid as problem:
            raise Invalid(problem.message, field="files") from None
    for copy in copies:
        with copy.file.open() as file:
            attach_file(activity, SimpleUploadedFile(copy.name, file.read(), copy.media_type), by=by)


def _queue(letter: Letter, readers: Sequence[Reader], by: User) -> None:
    """A message each, all with one Message-ID: a mail program shows its answers in one thread."""
    assert letter.waits_until is not None
    identity = f"<{uuid.uuid4().hex}@{by.email.rpartition('@')[2] or 'localhost'}>"
    queueing.queue_letter(
        letter,
        [(reader.address, reader.contact) for reader in readers],
        message_id=identity,
        due_at=letter.waits_until,
    )


def _waiting_letter(activity: Activity) -> Letter:
    letter = Letter.objects.select_for_update().filter(activity=activity).exclude(waits_until=None).first()
    if letter is None:
        raise NotAllowed(_("“%s” is not waiting to be sent.") % activity)
    return letter


def messages_of(letter: Letter) -> QuerySet[Message]:
    """One for each of its readers."""
    return Message.objects.filter(content_type=LETTER, content_id=letter.pk)
