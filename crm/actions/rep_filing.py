"""What reps file by themselves: a mail to a contact with their filing address in BCC, or one that they forward to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.actions.notifications import Note
from crm.hooks import regarding
from crm.mailbox.forwards import original_of
from crm.mailbox.parts import Mail
from crm.models import Activity, Contact, FilingAddress, User
from crm.models.mailboxes import new_secret
from crm.queries.correspondents import colleague_of, contacts_of, our_addresses
from crm.queries.threads import thread_of

SECRET = re.compile(r"\+([a-z0-9]{16})@")


@dataclass(frozen=True)
class Place:
    contact: Contact
    regarding: Model | None


@dataclass(frozen=True)
class Asked:
    """What a rep wants filed, and where. Without a place `why` tells the reason; `notes` are for the rep."""

    rep: User
    direction: str
    subject: str
    text: str
    at: datetime
    places: Sequence[Place] = ()
    why: str = ""
    notes: Sequence[Note] = ()


def filing_address(user: User) -> FilingAddress:
    """The user's, made where there is none yet."""
    return FilingAddress.objects.get_or_create(user=user)[0]


def renew_filing_address(user: User) -> FilingAddress:
    """A new one; mails to the old one are ignored from now on."""
    return FilingAddress.objects.update_or_create(user=user, defaults={"secret": new_secret()})[0]


def plan(mail: Mail, now: datetime) -> Asked | None:
    """None where the mail did not come to a filing address."""
    secrets = [found[1] for address in mail.came_to if (found := SECRET.search(address))]
    address = FilingAddress.objects.filter(secret__in=secrets).select_related("user").first() if secrets else None
    if address is None:
        return None
    rep, at = address.user, mail.written_at(now)
    asked = Asked(rep, Activity.Direction.OUT, mail.subject, mail.text, at)
    sender = colleague_of(mail.sender)
    if not rep.is_active or sender is None or sender.pk != rep.pk:
        return _refused(asked, _("It came to the filing address of %s, but not from them.") % rep)
    if mail.is_automatic:
        return _refused(asked, _("It came to the filing address of %s, but a machine wrote it.") % rep)
    people = _others(mail)
    return _outgoing(mail, asked, people) if people else _forwarded(mail, asked)


def _refused(asked: Asked, why: str) -> Asked:
    return Asked(asked.rep, asked.direction, asked.subject, asked.text, asked.at, why=why)


def _others(mail: Mail) -> dict[str, str]:
    """{address: name} of those it was written to who are none of us."""
    addresses = {address: name for name, address in mail.to if not SECRET.search(address)}
    ours = our_addresses(addresses)
    return {address: name for address, name in addresses.items() if address not in ours}


def _outgoing(mail: Mail, asked: Asked, people: dict[str, str]) -> Asked:
    known = contacts_of(people, asked.rep)
    places = [_place(contact, asked.rep, mail.answers) for contact in known.values()]
    strangers = [(address, name) for address, name in people.items() if address not in known]
    notes = [_stranger(mail, asked.rep, address, name) for address, name in strangers]
    why = _("It names nobody whom %s knows as a contact.") % asked.rep
    return Asked(asked.rep, asked.direction, asked.subject, asked.text, asked.at, places, why, notes)


def _forwarded(mail: Mail, asked: Asked) -> Asked:
    original = original_of(mail)
    if original is None:
        text = _("Your mail “%s” was not filed: it names nobody as its sender.") % mail.subject
        note = Note(asked.rep.pk, text, "", "mail-x", f"mail:{mail.key}", "reply")
        why = _("%s forwarded it, but it names nobody as its sender.") % asked.rep
        return Asked(asked.rep, asked.direction, asked.subject, asked.text, asked.at, why=why, notes=[note])
    contact = contacts_of([original.sender], asked.rep).get(original.sender)
    places = [_place(contact, asked.rep, original.answers)] if contact else []
    notes = [] if contact else [_stranger(mail, asked.rep, original.sender, original.sender_name)]
    at = min(original.sent_at or asked.at, asked.at)
    why = _("%s forwarded it, but its sender is no contact.") % asked.rep
    return Asked(asked.rep, Activity.Direction.IN, original.subject, original.text, at, places, why, notes)


def _place(contact: Contact, rep: User, answers: Sequence[str]) -> Place:
    """On what the conversation is about already, else on the one deal that the rep has with the contact."""
    thread = thread_of(answers, contact.email_normal)
    if thread and thread.contact.pk == contact.pk and thread.regarding is not None:
        return Place(contact, thread.regarding)
    return Place(contact, regarding.the_only_one(contact, rep))


def _stranger(mail: Mail, rep: User, address: str, name: str) -> Note:
    first, _space, last = name.strip().rpartition(" ")
    facts = {"email": address, "first_name": first[:60], "last_name": last[:60]}
    url = f"{reverse('crm:contact-add')}?{urlencode({key: said for key, said in facts.items() if said})}"
    text = _("Nobody has the address %s: make a contact.") % address
    return Note(rep.pk, text, url if len(url) <= 300 else "", "user-plus", f"mail:{mail.key[:32]}:{address}", "reply")
