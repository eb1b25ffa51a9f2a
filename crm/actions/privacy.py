"""Forgetting a person, everywhere, but for the proof of it and of her consent; and what goes with time."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from auditlog.context import disable_auditlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from crm import jobs
from crm.audit import changing, keep_in_bulk
from crm.errors import Invalid, NotAllowed
from crm.hooks import personal, retention
from crm.hooks.personal import PersonalData
from crm.log.triggers import touch
from crm.models import Contact, Erasure, Interaction, RetentionRule, User

BATCH = 1000
BATCHES = 20
CLEAR = "crm.tasks.clear_old_data"


@transaction.atomic
def forget_person(contact: Contact, *, mode: str, reason: str, by: User | None) -> Erasure:
    """Anonymise a person (rows stay, without a word that tells who it was) or erase her (what is hers alone is deleted).

    Deals, orders and invoices stay with their amounts; what stays readable, and why, is told by `kept` of the answer.
    Raises NotAllowed for whom this was done to already, Invalid without a reason.
    """
    if not reason.strip():
        raise Invalid("Say why: it is part of the proof.", field="reason")
    if mode not in Erasure.Mode:
        raise Invalid("Choose whether to anonymise or to erase.", field="mode")
    person = Contact._base_manager.select_for_update().get(pk=contact.pk)
    if Erasure.objects.filter(contact=person, mode__in=[mode, Erasure.Mode.ERASE]).exists():
        raise NotAllowed("This person is forgotten already.")
    proof = Erasure(contact=person, mode=mode, reason=reason[:300], address_hash=hash_of(person.email_normal), by=by)
    with changing("privacy"):
        with disable_auditlog():  # the history would keep what is being forgotten
            for kind in reversed(personal.all_personal_data()):  # the person comes last: the others are found by her
                _forget(kind, proof, mode)
        person.refresh_from_db()
        keep_in_bulk([(person, {"erased": ["", mode]})], by=by)
    proof.save()
    return proof


def hash_of(address: str) -> str:
    """A keyed hash of a normal address: nobody can find the address from it, whoever knows the address finds the proof."""
    if not address:
        return ""
    return hmac.new(settings.SECRET_KEY.encode(), address.strip().lower().encode(), hashlib.sha256).hexdigest()


def _forget(kind: PersonalData, proof: Erasure, mode: str) -> None:
    assert proof.contact_id is not None
    rows = kind.rows(proof.contact_id)
    count = rows.count()
    if not count:
        return
    if kind.why_kept:
        proof.kept[kind.name] = count
        return
    if kind.before:
        kind.before(rows)
    if kind.deletes == personal.ALWAYS or (kind.deletes == personal.ON_ERASE and mode == Erasure.Mode.ERASE):
        rows.delete()
    elif kind.blank:
        rows.update(**kind.blank)
    proof.counts[kind.name] = count


def set_retention(days_by_name: dict[str, int | None], *, by: User) -> None:
    """How long each kind of data is kept; None is for ever. Raises Invalid with the field for too few days."""
    for name, days in days_by_name.items():
        keeping = retention.get(name)
        if days is not None and days < keeping.least:
            raise Invalid(f"{keeping.label}: at least {keeping.least} days.", field=name)
    for name, days in days_by_name.items():
        RetentionRule.objects.update_or_create(name=name, defaults={"days": days})


def days_of(name: str, rules: dict[str, int | None] | None = None) -> int | None:
    """The days that are in force: what an administrator has set, else what Tandem starts with."""
    known = rules if rules is not None else dict(RetentionRule.objects.values_list("name", "days"))
    return known.get(name, retention.get(name).days)


def clear_old_data(now: datetime) -> int:
    """Let go what is older than its days, in batches that are short transactions of their own; asks for itself again
    where more waits. Answers how many rows went."""
    gone = 0
    for keeping in retention.all_keepings():
        days = days_of(keeping.name)
        if days is None:
            continue
        before = now - timedelta(days=days)
        for _ in range(BATCHES):
            cleared = _clear_batch(keeping, before)
            gone += cleared
            if cleared < BATCH:
                break
        else:
            jobs.nudge(CLEAR)
    return gone


@transaction.atomic
def _clear_batch(keeping: retention.Keeping, before: datetime) -> int:
    ids = list(keeping.old(before).order_by("pk").values_list("pk", flat=True)[:BATCH])
    if not ids:
        return 0
    rows = keeping.old(before).filter(pk__in=ids)
    if rows.model is Interaction:  # whoever counts what she did, counts anew
        touch(set(rows.exclude(contact=None).values_list("contact_id", flat=True)))
    keeping.clear(rows)
    rule, _ = RetentionRule.objects.get_or_create(name=keeping.name, defaults={"days": keeping.days})
    rule.cleared, rule.cleared_at = rule.cleared + len(ids), timezone.now()
    rule.save(update_fields=["cleared", "cleared_at"])
    return len(ids)
