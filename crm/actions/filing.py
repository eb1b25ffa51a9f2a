"""Filing a mail that came in: as an email on the contact it concerns, once, whatever mailboxes it came by.

What it is decides who files it: an answer to an invitation, an answer in a conversation that we know, what a rep sends to
their filing address (crm/actions/rep_filing.py), or a letter of a known contact in a rep's own mailbox. All else is not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.actions import rep_filing
from crm.actions.attachments import attach_file
from crm.actions.calendar_answers import LARGEST as LARGEST_ANSWER
from crm.actions.calendar_answers import read_answer
from crm.actions.notifications import notify, tell
from crm.actions.reports import keep_mail
from crm.audit import changing
from crm.errors import Invalid
from crm.log.recording import record
from crm.mailbox.parts import Mail, Part, key_of, taken_apart
from crm.models import Activity, Contact, IncomingMail, Mailbox, Message, User
from crm.queries.addresses import address_of
from crm.queries.correspondents import colleague_of, contact_of
from crm.queries.threads import Thread, thread_of

LONGEST_SUBJECT = 200
KEPT_UNREAD = 1_000_000
"""Bytes that are kept of a mail that could not be read."""


@dataclass(frozen=True)
class Filed:
    """What became of a mail, in a sentence; `activities` are the emails it was filed as."""

    said: str
    activities: tuple[Activity, ...] = ()


@dataclass(frozen=True)
class Entry:
    """One email to write down. `answers` is the message of ours that it answers."""

    contact: Contact
    owner: User | None
    direction: str
    subject: str
    text: str
    at: datetime
    regarding: Model | None = None
    is_automatic: bool = False
    answers: Message | None = None
    is_reply: bool = False


@transaction.atomic
def file_mail(raw: bytes, *, mailbox: Mailbox | None = None, now: datetime | None = None) -> Filed:
    """File one raw mail (RFC 5322). Never raises for what a stranger may have written: such a mail is kept with the reason."""
    now = now or timezone.now()
    try:
        mail = taken_apart(raw)
    except Exception as problem:
        sentence = _("It is no mail that can be read (%s).") % type(problem).__name__
        keep_unfiled(key_of(repr(raw)), IncomingMail.Became.UNREADABLE, sentence, mailbox=mailbox, raw=raw)
        return Filed(sentence)
    if IncomingMail.objects.filter(key=mail.key).exists():
        return Filed(_("Ignored: it is known already."))
    if mail.message_id and Message.objects.filter(message_id=mail.message_id).exists():
        return Filed(_("Ignored: we sent it."))
    if answer := _calendar_answer(raw, mail, mailbox):
        return answer
    if mail.is_report:
        return _report(raw, now)
    if to_rep := rep_filing.plan(mail, now):
        return _filed_for_rep(mail, mailbox, to_rep)
    entry = _in_thread(mail, now) or _letter_to(mailbox, mail, now)
    if entry is None:
        return Filed(_("Not kept: it answers nothing of ours, and comes from nobody whose mails are filed."))
    return _written(mail, mailbox, [entry])


def _report(raw: bytes, now: datetime) -> Filed:
    """A mail server says that a mail of ours came back: kept among the bounces, and judged there."""
    if b"message/delivery-status" not in raw.lower() and b"message/feedback-report" not in raw.lower():
        return Filed(_("Not kept: it is a report of a mail server."))
    keep_mail(raw, now)
    return Filed(_("Kept among the bounces: it is a report of a mail server."))


def keep_unfiled(
    key: str, became: str, said: str, *, mailbox: Mailbox | None = None, raw: bytes | None = None
) -> IncomingMail | None:
    """Note why a mail was not filed; None where it is noted already. `raw` is kept to be looked into, up to a megabyte."""
    kept = raw[:KEPT_UNREAD] if raw is not None else None
    mail, is_new = IncomingMail.objects.get_or_create(
        key=key, defaults={"became": became, "said": said, "mailbox": mailbox, "raw": kept}
    )
    return mail if is_new else None


def _calendar_answer(raw: bytes, mail: Mail, mailbox: Mailbox | None) -> Filed | None:
    """The answer to an invitation, taken; None for a mail that holds none, or one that is not for us to take."""
    if len(raw) > LARGEST_ANSWER or b"calendar" not in raw.lower():
        return None
    reading = read_answer(raw)
    if reading.attendee is None:
        return None
    keep_unfiled(mail.key, IncomingMail.Became.ANSWER, reading.said, mailbox=mailbox)
    return Filed(reading.said)


def _in_thread(mail: Mail, now: datetime) -> Entry | None:
    thread = thread_of(mail.answers, mail.sender)
    if thread is None:
        return None
    colleague = colleague_of(mail.sender)
    return _answer(mail, thread, colleague, now)


def _answer(mail: Mail, thread: Thread, colleague: User | None, now: datetime) -> Entry:
    """Of the contact, or of one of us who wrote on from the own mail program."""
    is_theirs = colleague is None
    return Entry(
        thread.contact,
        thread.owner if is_theirs else colleague,
        Activity.Direction.IN if is_theirs else Activity.Direction.OUT,
        mail.subject,
        mail.text,
        mail.written_at(now),
        thread.regarding,
        is_automatic=mail.is_automatic,
        answers=thread.message,
        is_reply=is_theirs and not mail.is_automatic,
    )


def _letter_to(mailbox: Mailbox | None, mail: Mail, now: datetime) -> Entry | None:
    """What a contact whom the rep sees writes to the rep's own mailbox; no newsletters, and nothing among colleagues."""
    owner = mailbox.owner if mailbox else None
    if owner is None or not owner.is_active or mail.is_automatic or mail.is_listed or colleague_of(mail.sender):
        return None
    contact = contact_of(mail.sender, owner)
    if contact is None:
        return None
    return Entry(contact, owner, Activity.Direction.IN, mail.subject, mail.text, mail.written_at(now))


def _filed_for_rep(mail: Mail, mailbox: Mailbox | None, asked: rep_filing.Asked) -> Filed:
    """What a rep filed by BCC or by forwarding; of whom is unknown they are told."""
    entries = [
        Entry(one.contact, asked.rep, asked.direction, asked.subject, asked.text, asked.at, one.regarding)
        for one in asked.places
    ]
    if entries:
        done = _written(mail, mailbox, entries)
    elif not keep_unfiled(mail.key, IncomingMail.Became.IGNORED, asked.why, mailbox=mailbox):
        return Filed(_("Ignored: it is known already."))
    else:
        done = Filed(asked.why)
    tell(asked.notes)
    return done


def _written(mail: Mail, mailbox: Mailbox | None, entries: Sequence[Entry]) -> Filed:
    kept = keep_unfiled(mail.key, IncomingMail.Became.FILED, "", mailbox=mailbox)
    if kept is None:
        return Filed(_("Ignored: it is known already."))
    activities = tuple(_write(entry, mail) for entry in entries)
    kept.activities.set(activities)
    kept.said = " ".join(
        [_written_by(mail, entries[0]), *dict.fromkeys(s for a in activities for s in _attach(a, mail.files))]
    ).strip()
    kept.message_id = mail.message_id[:998]
    kept.save(update_fields=["said", "message_id"])
    for entry, activity in zip(entries, activities, strict=True):
        _tell(entry, activity, kept)
    names = ", ".join(str(entry.contact) for entry in entries)
    return Filed(_("Filed: “%(what)s”, with %(who)s.") % {"what": activities[0], "who": names}, activities)


def _write(entry: Entry, mail: Mail) -> Activity:
    activity = Activity(
        kind=Activity.Kind.EMAIL,
        status=Activity.Status.DONE,
        direction=entry.direction,
        subject=entry.subject[:LONGEST_SUBJECT] or _("(no subject)"),
        body=entry.text,
        outcome=_("Automatic answer") if entry.is_automatic else "",
        contact=entry.contact,
        account=entry.contact.account,
        owner=entry.owner,
        team=None if entry.owner else entry.contact.team,
        done_at=entry.at,
    )
    if entry.regarding is not None:
        activity.regarding = entry.regarding
    with changing("system", about=_("Mail")):
        activity.save()
    return activity


def _written_by(mail: Mail, entry: Entry) -> str:
    """Who wrote, where it is not the contact's own address."""
    if entry.direction == Activity.Direction.OUT or not entry.is_reply or mail.sender == entry.contact.email_normal:
        return ""
    return _("Written from %s.") % mail.sender


def _attach(activity: Activity, files: Iterable[Part]) -> list[str]:
    """Put them on the activity; answers why one was left out."""
    refused = []
    for file in files:
        try:
            attach_file(activity, SimpleUploadedFile(file.name, file.data, file.media_type), by=None)
        except Invalid as problem:
            refused.append(_("“%(name)s” was left out: %(why)s") % {"name": file.name, "why": problem.message})
    return refused


def _tell(entry: Entry, activity: Activity, kept: IncomingMail) -> None:
    """The log hears of the email, and of a reply; whose conversation it is, is told of what came in."""
    is_in = entry.direction == Activity.Direction.IN
    told: dict[str, Any] = {"contact": entry.contact, "occurred_at": entry.at}
    facts = {"kind": activity.kind, "title": activity.subject, "owner": activity.owner_id}
    by = None if is_in else activity.owner
    key = f"activity:{activity.pk}:done"
    record("activity.done", account=activity.account_id, source=activity, by=by, data=facts, key=key, **told)
    if entry.is_reply:
        message = entry.answers
        source = (message.content_type, message.content_id) if message and message.content_id else activity
        campaign = message.campaign_id if message else None
        data = {"title": activity.subject}
        record(
            "email.replied",
            source=source,
            message=message,
            campaign=campaign,
            data=data,
            key=f"reply:{kept.key}",
            **told,
        )
    if is_in and entry.owner and not entry.is_automatic and entry.owner.is_active:
        _notify(entry, activity, kept)


def _notify(entry: Entry, activity: Activity, kept: IncomingMail) -> None:
    sentence = _("%(who)s replied: %(what)s") if entry.is_reply else _("%(who)s wrote: %(what)s")
    address = address_of(entry.regarding) or address_of(entry.contact)
    text = sentence % {"who": entry.contact, "what": activity.subject}
    notify(entry.owner or 0, text, address, "mail-down", key=f"mail:{kept.key}", kind="reply")
