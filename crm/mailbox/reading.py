"""The reader of mailboxes: what is new in each, about once a minute, in order of the numbers.

How far a mailbox was read is written in the transaction that files the mail, so a worker may be killed at any instant: the
next one begins with the mail that this one was at. A mailbox is claimed by one worker; another may take it after LEASE, and
then the first finds that it is no longer its own.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import jobs
from crm.actions.filing import file_mail, keep_unfiled
from crm.actions.reports import keep_mail
from crm.carrying import Gone
from crm.errors import CrmError
from crm.mailbox.imap import WINDOW, Folder, opened
from crm.mailbox.parts import LARGEST, key_of
from crm.models import Claim, IncomingMail, Mailbox

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
PAUSES = (1, 2, 5, 15, 30, 60)
"""Minutes until the next try, by how often it has failed in a row."""
TURN = 45.0
"""Seconds that one mailbox is read before the others have their turn: well under the time-out of the queue."""
LEASE = timedelta(minutes=3)
"""Longer than the fetching of one large mail takes, during which nothing can beat."""
BATCH = 50
LOOKS_BACK = timedelta(days=2)
"""How far before the last reading a folder is looked through again whose numbers have become void."""


def due(now: datetime) -> QuerySet[Mailbox]:
    """Those to be read now that nobody reads; that of somebody who has left rests."""
    held = Claim.objects.filter(beat_at__gt=now - LEASE).values("token")
    free = Q(claim=None) | ~Q(claim__in=held)
    here = Q(owner=None) | Q(owner__is_active=True)
    return Mailbox.objects.filter(free, here, is_active=True, due_at__lte=now)


def is_due(now: datetime) -> bool:
    """Asked every second by the sweep."""
    return due(now).exists()


def read_due(now: datetime) -> None:
    for pk in list(due(now).order_by("due_at", "pk").values_list("pk", flat=True)):
        read_mailbox(pk, timezone.now())


def read_mailbox(pk: int, now: datetime) -> None:
    """What is new in one mailbox, if nobody else is at it. What goes wrong is kept on it, and tried again later."""
    with jobs.claim() as token:
        if not due(now).filter(pk=pk).update(claim=token, due_at=now + EVERY):
            return
        mine = Mailbox.objects.filter(pk=pk, claim=token)
        try:
            is_done = _read(mine.get(), token, time.monotonic() + TURN)
        except Gone:
            return
        except CrmError as problem:
            _failed(mine, problem.message, now)
        else:
            later = now + EVERY if is_done else now
            mine.update(claim=None, due_at=later, read_at=timezone.now(), failures=0, problem="")
        finally:
            mine.update(claim=None)


def _failed(mine: QuerySet[Mailbox], sentence: str, now: datetime) -> None:
    failures = mine.values_list("failures", flat=True).get()
    pause = timedelta(minutes=PAUSES[min(failures, len(PAUSES) - 1)])
    mine.update(claim=None, due_at=now + pause, failures=failures + 1, problem=sentence[:300])


def _read(mailbox: Mailbox, token: str, until: float) -> bool:
    """Answers whether all is read. Raises Gone, MailboxProblem, SealBroken."""
    with opened(mailbox) as folder:
        place = folder.place()
        if mailbox.uid_validity != place.uid_validity:
            mailbox = _begin(mailbox.pk, token, place.uid_validity, _first(mailbox, folder, place.uid_next) - 1)
        seen = mailbox.last_uid
        while seen + 1 < place.uid_next:
            window = min(seen + WINDOW, place.uid_next - 1)
            uids = folder.numbers_between(seen + 1, window)
            for start in range(0, len(uids), BATCH):
                sizes = folder.sizes(uids[start : start + BATCH])
                for uid in sorted(sizes):
                    if time.monotonic() > until:
                        return False
                    jobs.beat(token)
                    _take(mailbox, token, uid, folder, sizes[uid])
            _begin(mailbox.pk, token, place.uid_validity, window)
            seen = window
    return True


def _first(mailbox: Mailbox, folder: Folder, uid_next: int) -> int:
    """Where to begin: with what comes from now on; where the numbers have become void, with what came lately."""
    if mailbox.uid_validity is None or mailbox.read_at is None:
        return uid_next
    return folder.first_since((mailbox.read_at - LOOKS_BACK).date()) or uid_next


@transaction.atomic
def _begin(pk: int, token: str, uid_validity: int, last_uid: int) -> Mailbox:
    mailbox = _held(pk, token)
    mailbox.uid_validity, mailbox.last_uid = uid_validity, last_uid
    mailbox.save(update_fields=["uid_validity", "last_uid"])
    return mailbox


def _take(mailbox: Mailbox, token: str, uid: int, folder: Folder, size: int) -> None:
    """File one mail and note that it was seen, in one transaction. What nobody foresaw about it must not stop the next."""
    raw = folder.mail(uid) if size <= LARGEST else None
    try:
        with transaction.atomic():
            held = _held(mailbox.pk, token)
            if raw is not None:
                if held.kind == Mailbox.Kind.BOUNCES:
                    keep_mail(raw, timezone.now())
                else:
                    file_mail(raw, mailbox=held)
            elif size > LARGEST:
                _skip(held, uid, size)
            _saw(held, uid)
    except (OperationalError, Gone):
        raise  # the database is away or busy, or somebody else goes on: the next reading tries again
    except Exception as problem:
        log.exception("Mail %s of mailbox %s could not be filed", uid, mailbox.pk)
        with transaction.atomic():
            held = _held(mailbox.pk, token)
            sentence = _("It could not be filed: %s. More is in the log.") % type(problem).__name__
            keep_unfiled(key_of(_name(held, uid)), IncomingMail.Became.UNREADABLE, sentence, mailbox=held, raw=raw)
            _saw(held, uid)


def _skip(mailbox: Mailbox, uid: int, size: int) -> None:
    sentence = _("It has %(size).1f MB; %(most)d MB is the most that is read.")
    said = sentence % {"size": size / 1024**2, "most": LARGEST // 1024**2}
    keep_unfiled(key_of(_name(mailbox, uid)), IncomingMail.Became.TOO_LARGE, said, mailbox=mailbox)


def _name(mailbox: Mailbox, uid: int) -> str:
    return f"{mailbox.pk}:{mailbox.uid_validity}:{uid}"


def _saw(mailbox: Mailbox, uid: int) -> None:
    mailbox.last_uid = uid
    mailbox.save(update_fields=["last_uid"])


def _held(pk: int, token: str) -> Mailbox:
    """The mailbox, locked, if it is still ours. Raises Gone."""
    rows = Mailbox.objects.select_related("owner")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    mailbox = rows.filter(pk=pk, claim=token).first()
    if mailbox is None:
        raise Gone
    return mailbox
