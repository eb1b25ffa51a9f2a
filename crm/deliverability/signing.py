"""Which key of a domain signs: the newest whose record is in DNS. Asked whenever the domain is looked up."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm.deliverability.dkim import tags_of
from crm.deliverability.lookups import Lookups, Silent, Unreachable
from crm.delivery.signing import SALT
from crm.models import SenderDomain, SigningKey
from crm.sealed import SealBroken, unseal

Status = SigningKey.Status


def judge_keys(domain: SenderDomain, now: datetime) -> None:
    """Looks every key up that is not stopped, and lets the newest one found sign; the one that signed before stops.

    Where the DNS does not answer, everything stays as it is and says so.
    """
    keys = list(SigningKey.objects.filter(domain=domain).exclude(status=Status.STOPPED).select_related("domain"))
    if not keys:
        return
    try:
        lookups = Lookups()
        answers = {key.pk: _wrong_with(key, lookups) for key in keys}
    except (Silent, Unreachable) as problem:
        ids = [key.pk for key in keys]
        SigningKey.objects.filter(pk__in=ids).update(looked_at=now, problem=str(problem)[:300])
        return
    _settle(domain, answers, now)


@transaction.atomic
def _settle(domain: SenderDomain, answers: dict[int, str], now: datetime) -> None:
    keys = list(SigningKey.objects.select_for_update().filter(pk__in=answers).exclude(status=Status.STOPPED))
    good = max((key.pk for key in keys if not answers[key.pk]), default=None)
    for key in sorted(keys, key=lambda one: one.pk == good):  # the one that begins comes last: one signs at a time
        key.looked_at, key.problem = now, answers[key.pk]
        if key.pk == good:
            key.signs_since = key.signs_since if key.status == Status.SIGNING else now
            key.status = Status.SIGNING
        elif good and (key.status == Status.SIGNING or not key.problem) and key.pk < good:
            key.status, key.stopped_at, key.sealed_key, key.problem = Status.STOPPED, now, "", ""
        elif key.problem:
            key.status, key.signs_since = Status.WAITING, None
        key.save()


def _wrong_with(key: SigningKey, lookups: Lookups) -> str:
    """Why it cannot sign, in words; "" where its record stands as it should. Raises Silent, Unreachable."""
    try:
        unseal(key.sealed_key, SALT)
    except SealBroken:
        return _("The private key can no longer be read, since SECRET_KEY has changed. Make a new key.")
    found = [text for text in lookups.texts(key.record_name) if "p=" in text.replace(" ", "")]
    if not found:
        return _("There is no record %s yet. It can take some hours until a new one is seen.") % key.record_name
    if len(found) > 1:
        return _("There are several records %s. Keep the one that is shown here.") % key.record_name
    if "".join(tags_of(found[0]).get("p", "").split()) != key.public_key:
        return _("The record %s holds another key. Copy the value again, whole.") % key.record_name
    return ""
