"""The mail digest: what nobody has read under the bell, once a day or once a week, in the morning of its reader."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.delivery.queueing import send_one
from crm.models import Notification, User

MORNING = 7
MONDAY = 0
MOST = 50
KEY = "digest:"
"""With this begin the keys of the mails."""


def send_due_digests(now: datetime) -> int:
    """Digests for everybody whose morning has come; called every quarter of an hour, twice a day is once. Answers how many."""
    readers = User.objects.filter(is_active=True).exclude(digest=User.Digest.NEVER)
    with_news = readers.filter(notifications__read_at=None, notifications__mailed_at=None).distinct()
    return sum(send_digest(user, now) for user in with_news if _is_due(user, now))


def _is_due(user: User, now: datetime) -> bool:
    local = now.astimezone(ZoneInfo(user.time_zone or "UTC"))
    is_day = user.digest == User.Digest.DAILY or local.weekday() == MONDAY
    last = user.digest_at.astimezone(local.tzinfo).date() if user.digest_at else None
    return is_day and local.hour >= MORNING and last != local.date()


@transaction.atomic
def send_digest(user: User, now: datetime) -> bool:
    """One mail with the unread lines that no mail has told yet. False where somebody else has just sent it."""
    seen = user.digest_at
    if not User.objects.filter(Q(pk=user.pk, digest_at=seen)).update(digest_at=now):
        return False
    news = list(Notification.objects.filter(user=user, read_at=None, mailed_at=None).order_by("-pk")[:MOST])
    if not news:
        return False
    subject = ngettext("%(n)s thing for you in Tandem", "%(n)s things for you in Tandem", len(news)) % {"n": len(news)}
    send_one(to=user.email, subject=subject, text=_letter(user, news), key=f"{KEY}{user.pk}:{now:%Y-%m-%dT%H}")
    Notification.objects.filter(pk__in=[note.pk for note in news]).update(mailed_at=now)
    return True


def _letter(user: User, news: list[Notification]) -> str:
    lines = [_("Hello %(name)s,") % {"name": user.get_short_name()}, "", _("this waits for you:"), ""]
    for note in news:
        lines.append(f"• {note.text}")
        if note.url:
            lines.append(f"  {settings.PUBLIC_URL}{note.url}")
    how = f"{settings.PUBLIC_URL}/settings/notifications/"
    return "\n".join([*lines, "", _("How and when you are told, you choose here: %(url)s") % {"url": how}, ""])
