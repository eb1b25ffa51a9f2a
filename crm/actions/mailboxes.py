"""Keeping mailboxes, and trying one out."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.mailbox.imap import opened
from crm.models import Mailbox

PLACE = ("host", "port", "user_name", "folder")
"""What says which folder it is: where one of these changes, it is another one, read from then on."""
WAY = ("security", "sealed_password", "is_active")


@transaction.atomic
def save_mailbox(mailbox: Mailbox, *, password: str = "") -> Mailbox:
    """Save what was typed; without a password the kept one stays. What has changed is tried at the next reading, at once."""
    if password:
        mailbox.password = password
    before = Mailbox.objects.select_for_update().filter(pk=mailbox.pk).first()
    changed = [name for name in (*PLACE, *WAY) if before and getattr(before, name) != getattr(mailbox, name)]
    if before and changed:
        mailbox.due_at, mailbox.failures, mailbox.problem, mailbox.claim = timezone.now(), 0, "", None
    if set(changed) & set(PLACE):
        mailbox.uid_validity, mailbox.last_uid, mailbox.read_at = None, 0, None
    mailbox.address = mailbox.address.lower()
    mailbox.save()
    return mailbox


def check_mailbox(mailbox: Mailbox) -> str:
    """Sign in, look at the folder, and say how it went. Raises MailboxProblem or SealBroken with what is wrong."""
    with opened(mailbox) as folder:
        folder.place()
    said = _("It works: %(who)s is signed in at %(host)s, and “%(folder)s” is there.")
    return said % {"who": mailbox.user_name, "host": mailbox.host, "folder": mailbox.folder}
