"""What became of the emails that people wrote: their activities follow their messages, and the writer hears what did not go out."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from crm.actions.activities import finish
from crm.actions.letters import messages_of
from crm.actions.notifications import notify
from crm.delivery.contents import LETTER
from crm.models import Activity, Letter, Message

BATCH = 100
NOTICE = "letter"
WENT = (Message.Status.SENT, Message.Status.UNKNOWN, Message.Status.BOUNCED)


def decided(now: datetime) -> QuerySet[Letter]:
    """Letters whose time has come and whose messages have all been sent or not."""
    due = Message.objects.filter(content_type=LETTER, content_id=OuterRef("pk"), status=Message.Status.DUE)
    return Letter.objects.filter(~Exists(due), waits_until__lte=now)


def is_waiting(now: datetime) -> bool:
    return decided(now).exists()


@transaction.atomic
def settle_letters(now: datetime) -> int:
    """Done when sent, cancelled with the reason when not; answers how many."""
    rows = decided(now).order_by("waits_until", "pk").select_related("activity", "written_by")
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    letters = list(rows[:BATCH])
    for letter in letters:
        _settle(letter, now)
    return len(letters)


def _settle(letter: Letter, now: datetime) -> None:
    letter.waits_until = None
    letter.save(update_fields=["waits_until"])
    activity, writer = letter.activity, letter.written_by
    if activity is None or activity.status != Activity.Status.WAITING:
        return
    messages = list(messages_of(letter).order_by("pk"))
    went = [message for message in messages if message.status in WENT]
    problems = "; ".join(f"{message.address}: {message.reason}" for message in messages if message not in went)
    if went:
        at = max((message.sent_at for message in went if message.sent_at), default=now)
        finish(activity, at=at, outcome=_("Not to %s") % problems if problems else "", by=writer)
    else:
        finish(activity, at=now, outcome=_("Not sent: %s") % problems, by=writer, status=Activity.Status.CANCELLED)
    if problems and writer:
        said = _("Your email “%(what)s” was not sent to %(whom)s") % {"what": letter.subject, "whom": problems}
        notify(writer, said, activity.get_absolute_url(), "mail-x", f"letter:{letter.pk}:failed", kind=NOTICE)
