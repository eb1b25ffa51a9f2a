"""How a draft stood: kept while it is edited, shown, and brought back. Who edits on keeps one revision for a few minutes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.utils import timezone

from marketing.blocks.parsing import as_stored, parse_blocks
from marketing.models import EmailRevision, EmailSeat, EmailTranslation, MarketingEmail

if TYPE_CHECKING:
    from crm.models import User

ONE_SITTING = timedelta(minutes=5)
KEPT = 100
SEAT_WARM = timedelta(seconds=60)


def keep_revision(
    email: MarketingEmail,
    language: str,
    said: MarketingEmail | EmailTranslation,
    *,
    by: User,
    is_aside: bool = False,
    before: dict[str, Any] | None = None,
) -> EmailRevision:
    """Write down how it stands. What the same person saved within five minutes is one revision, unless it is put aside.

    `before` is how it stood, for the first time that somebody changes it.
    """
    now = timezone.now()
    if before and not email.revisions.filter(language=language).exists():
        EmailRevision.objects.create(email=email, language=language, by=email.created_by, at=email.updated_at, **before)
    values: dict[str, Any] = {
        "subject": said.subject, "preheader": said.preheader, "blocks": said.blocks, "html": said.html, "at": now,
    }  # fmt: skip
    newest = email.revisions.filter(language=language).first()
    if newest and not is_aside and not newest.is_aside and newest.by == by and now - newest.began_at < ONE_SITTING:
        for name, value in values.items():
            setattr(newest, name, value)
        newest.save()
        return newest
    made = EmailRevision.objects.create(email=email, language=language, by=by, is_aside=is_aside, **values)
    old = email.revisions.filter(language=language).values_list("pk", flat=True)[KEPT:]
    EmailRevision.objects.filter(pk__in=list(old)).delete()
    return made


def put_aside(email: MarketingEmail, language: str, *, by: User, **said: Any) -> EmailRevision:
    """Keep what somebody has on the screen without making it the draft: another one saved first. Raises Invalid."""
    email.must_be_editable_by(by)
    if "blocks" in said:
        said["blocks"] = as_stored(parse_blocks(said["blocks"]))
    return keep_revision(email, language, MarketingEmail(**said), by=by, is_aside=True)


def sit_down(email: MarketingEmail, *, by: User) -> QuerySet[EmailSeat]:
    """I have the designer open; answers who else has."""
    now = timezone.now()
    EmailSeat.objects.update_or_create(email=email, user=by, defaults={"seen_at": now})
    others = EmailSeat.objects.filter(email=email, seen_at__gt=now - SEAT_WARM).exclude(user=by)
    return others.select_related("user").order_by("user__name", "pk")


def stand_up(email: MarketingEmail, *, by: User) -> None:
    EmailSeat.objects.filter(email=email, user=by).delete()
