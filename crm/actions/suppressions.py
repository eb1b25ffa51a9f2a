"""Addresses that we do not write to: because of a bounce or a complaint, or because somebody said so; and lifting that again.

A hard bounce and a complaint hold for ever. After a soft bounce we pause for a day, and for twice as long each time it
happens again; who has been reached for three months in between begins anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.actions.consent import contact_point
from crm.audit import changing, keep_in_bulk
from crm.delivery.channels import way
from crm.errors import Invalid, NotAllowed
from crm.log.recording import entry, record_many
from crm.models import Contact, ContactPoint, Suppression, User

LONGEST_PAUSE = timedelta(days=128)
FORGIVEN_AFTER = timedelta(days=90)


@transaction.atomic
def suppress(
    address: ContactPoint | str,
    *,
    channel: str = "email",
    cause: str = Suppression.Cause.MANUAL,
    reason: str = "",
    until: datetime | None = None,
    by: User | None = None,
) -> Suppression:
    """Write to this address no more (until a time, or for ever). Suppressing twice keeps the first. Raises Invalid where
    that time is past."""
    if until is not None:
        must_lie_ahead(until)
    point = contact_point(address, channel) if isinstance(address, str) else address
    ContactPoint.objects.select_for_update().get(pk=point.pk)
    before = Suppression.objects.filter(point=point, cause=cause, lifted_at=None, until=until).first()
    return before or _set(point, cause, reason, until=until, by=by)


def must_lie_ahead(until: datetime) -> datetime:
    """Raises Invalid for the end of a stop that would be over before it begins."""
    if until <= timezone.now():
        raise Invalid(_("This is past: choose a time to come, or none for ever."), field="until")
    return until


@transaction.atomic
def pause(
    address: ContactPoint | str, *, channel: str = "email", reason: str = "", at: datetime | None = None
) -> Suppression:
    """After a soft bounce: a day, then two, four … up to 128. What comes in while a pause lasts does not make it longer."""
    point = contact_point(address, channel) if isinstance(address, str) else address
    ContactPoint.objects.select_for_update().get(pk=point.pk)
    at = at or timezone.now()
    pauses = Suppression.objects.filter(point=point, cause=Suppression.Cause.SOFT, lifted_at=None)
    last = pauses.order_by("-until", "-pk").first()
    if last and last.until and last.until > at:
        return last
    is_repeated = last and last.until and at - last.until < FORGIVEN_AFTER
    strikes = last.strikes + 1 if last and is_repeated else 1
    length = min(LONGEST_PAUSE, timedelta(days=2 ** min(strikes - 1, 10)))
    return _set(point, Suppression.Cause.SOFT, reason, until=at + length, strikes=strikes)


@transaction.atomic
def lift(suppression: Suppression, *, reason: str, by: User) -> Suppression:
    """Write to it again. The row stays, with who lifted it and why. Raises Invalid without a reason."""
    if not reason.strip():
        raise Invalid(_("Say why this address may be written to again."), field="reason")
    rows = Suppression.objects.filter(pk=suppression.pk, lifted_at=None)
    if not rows.update(lifted_at=timezone.now(), lifted_reason=reason.strip()[:300], lifted_by=by):
        raise NotAllowed(_("This suppression was lifted already."))
    suppression.refresh_from_db()
    _tell("suppression.lifted", suppression, reason, by)
    return suppression


@transaction.atomic
def flag_address(point: ContactPoint, wanted: bool, *, source: str) -> int:
    """Her own word: nothing at all to this address any more, or something again. It is kept on every contact who has it.

    Answers how many contacts changed.
    """
    flag = way(point.channel).flag
    people = Contact.objects.select_for_update().filter(
        **{way(point.channel).address: point.value, flag: not wanted}, deleted_at=None
    )
    changed = list(people.order_by("pk"))
    for contact in changed:
        setattr(contact, flag, wanted)
        contact.version += 1
    Contact.objects.bulk_update(changed, [flag, "version"])
    with changing("system", about=source):
        keep_in_bulk([(one, {flag: [str(not wanted), str(wanted)]}) for one in changed], by=None)
    kind = "consent.withdrawn" if wanted else "consent.given"
    data = {"purpose": "", "topic": "", "where": source, "channel": point.channel, "title": _("Messages of any kind")}
    record_many(entry(kind, contact=one, data=data) for one in changed)
    return len(changed)


def _set(
    point: ContactPoint,
    cause: str,
    reason: str,
    *,
    until: datetime | None,
    strikes: int = 1,
    by: User | None = None,
) -> Suppression:
    made = Suppression.objects.create(
        point=point, cause=cause, reason=reason[:300], until=until, strikes=strikes, set_by=by
    )
    _tell("suppression.set", made, reason, by)
    return made


def _tell(kind: str, suppression: Suppression, reason: str, by: User | None) -> None:
    """One row of the log for each contact who has the address."""
    point = suppression.point
    until = suppression.until.isoformat() if suppression.until else ""
    data = {
        "title": str(suppression.get_cause_display()),
        "cause": suppression.cause,
        "reason": reason[:300],
        "channel": point.channel,
        "until": until,
    }
    found = Contact.objects.filter(**{way(point.channel).address: point.value}, deleted_at=None)
    record_many(entry(kind, contact=pk, data=data, by=by) for pk in found.values_list("pk", flat=True))
