"""Double opt-in: ask by mail whether it was really her; the yes is written down once she says so on our page.

A link holds for four weeks. An address gets at most three such mails a day, ten minutes apart, whoever types it into forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Sum
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.actions.consent import contact_point, give_consent
from crm.actions.suppressions import flag_address
from crm.delivery.queueing import send_one
from crm.errors import NotAllowed
from crm.languages import spoken
from crm.models import Company, ContactPoint, OptIn, Topic

SALT = "tandem.opt-in"
HOLDS = timedelta(days=28)
BETWEEN = timedelta(minutes=10)
MOST_A_DAY = 3


@transaction.atomic
def ask_to_confirm(
    address: str, asked: Sequence[dict[str, Any]], *, source: str, proof: dict[str, Any], key: str, now: datetime
) -> OptIn:
    """Keep what was agreed to, and write to the address; the same `key` asks once. Raises Invalid for no address.

    The mail and its page speak the `language` of the proof: the one that the agreement was read in.
    """
    point = contact_point(address)
    ContactPoint.objects.select_for_update().get(pk=point.pk)
    facts = {
        "point": point,
        "asked": list(asked),
        "source": source[:100],
        "proof": proof,
        "asked_at": now,
        "expires_at": now + HOLDS,
    }
    opt_in, is_new = OptIn.objects.get_or_create(key=key[:80], defaults=facts)
    if is_new and not _why_not_yet(point, now):
        _mail(opt_in, now)
    return opt_in


@transaction.atomic
def confirm(opt_in: OptIn, *, proof: dict[str, Any], now: datetime) -> OptIn:
    """Her own yes: written into the ledger with both proofs. Twice changes nothing. Raises NotAllowed where it is too late."""
    ContactPoint.objects.select_for_update().get(pk=opt_in.point_id)  # first, as whoever asks for another mail does
    opt_in = OptIn.objects.select_for_update().select_related("point").get(pk=opt_in.pk)
    if opt_in.confirmed_at:
        return opt_in
    if opt_in.expires_at <= now:
        raise NotAllowed(_("This link has expired. Let us send you a new one."))
    for answer in opt_in.asked:
        give_consent(
            opt_in.point,
            purpose=answer["purpose"],
            topic=Topic.objects.filter(pk=answer["topic"]).first() if answer.get("topic") else None,
            source=opt_in.source,
            text_shown=answer.get("text", ""),
            proof={**opt_in.proof, "asked_at": opt_in.asked_at.isoformat(), "confirmed": proof},
            at=now,
        )
    flag_address(opt_in.point, False, source="Confirmed by mail")
    opt_in.confirmed_at = now
    opt_in.save(update_fields=["confirmed_at"])
    return opt_in


@transaction.atomic
def send_again(opt_in: OptIn, *, now: datetime) -> OptIn:
    """A new mail, with four more weeks. Raises NotAllowed where there were too many."""
    ContactPoint.objects.select_for_update().get(pk=opt_in.point_id)
    opt_in = OptIn.objects.select_for_update().select_related("point").get(pk=opt_in.pk)
    if opt_in.confirmed_at:
        raise NotAllowed(_("It is confirmed already."))
    if why := _why_not_yet(opt_in.point, now):
        raise NotAllowed(why)
    opt_in.expires_at = now + HOLDS
    opt_in.save(update_fields=["expires_at"])
    _mail(opt_in, now)
    return opt_in


def language_of(opt_in: OptIn) -> str:
    """ "" where nobody has kept it."""
    known = str(opt_in.proof.get("language", ""))
    return spoken([known]) if known else ""


def link_of(opt_in: OptIn) -> str:
    return f"{settings.PUBLIC_URL}/confirm/{signing.dumps(opt_in.pk, salt=SALT)}"


def opt_in_of(token: str) -> OptIn | None:
    """None for a changed, strange or endless token. Never raises."""
    try:
        pk = int(signing.loads(token, salt=SALT)) if len(token) < 200 else 0
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return OptIn.objects.select_related("point").filter(pk=pk).first()


def _why_not_yet(point: ContactPoint, now: datetime) -> str:
    lately = OptIn.objects.filter(point=point, mailed_at__gt=now - timedelta(days=1))
    if lately.filter(mailed_at__gt=now - BETWEEN).exists():
        return _("A mail was sent a moment ago. Please wait ten minutes, and look among the spam, too.")
    if (lately.aggregate(n=Sum("mails"))["n"] or 0) >= MOST_A_DAY:
        return _("That were enough mails for today. Please try again tomorrow.")
    return ""


def _mail(opt_in: OptIn, now: datetime) -> None:
    """It belongs to no contact: nobody but its reader can say whose address it is."""
    with translation.override(language_of(opt_in) or settings.LANGUAGE_CODE):
        _write(opt_in, now)


def _write(opt_in: OptIn, now: datetime) -> None:
    company = Company.objects.first()
    name, link = company.name if company else "", link_of(opt_in)
    opt_in.mails, opt_in.mailed_at = opt_in.mails + 1, now
    opt_in.save(update_fields=["mails", "mailed_at"])
    words = [one["text"] for one in opt_in.asked if one.get("text")]
    first = _("Somebody, perhaps you, typed this address into a form and agreed to this:")
    if name:
        first = _("Somebody, perhaps you, typed this address into a form of %s and agreed to this:") % name
    last = _("Please confirm it with one click. If it was not you, do nothing: you will hear no more of it.")
    lines = "".join(f"– {one}\n" for one in words)
    html = format_html("<p>{}</p>{}<p>{}</p>", first, _listed(words), last)
    html += format_html('<p><a href="{0}">{1}</a></p><p><small>{0}</small></p>', link, _("Yes, that was me"))
    send_one(
        to=opt_in.point.value,
        subject=_("Please confirm: %s") % name if name else _("Please confirm your address"),
        text=f"{first}\n\n{lines}\n{last}\n\n{link}\n",
        html=html,
        key=f"opt-in:{opt_in.pk}:{opt_in.mails}",
    )


def _listed(words: Sequence[str]) -> Any:
    html: Any = SafeString("")
    for one in words:
        html += format_html("<blockquote>{}</blockquote>", one)
    return html
