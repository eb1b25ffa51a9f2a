"""The desk for deals: sales opens opportunities that a journey asks for (crm/hooks/handover.py), by set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction

from crm.actions.notifications import Note, tell
from crm.audit import keep_created
from crm.hooks.handover import DealReceipt as Receipt
from crm.hooks.handover import DealRequest
from crm.log.recording import entry, record_many
from crm.models import Contact, Currency, User
from crm.queries.rates import base_currency
from sales.actions.opportunities import keep_place, rounded
from sales.models import DealReceipt, Opportunity, Process, StageVisit

GONE = "The contact is not there any more."
INACTIVE = "The contact is inactive."
NOBODY = "Nobody would own it: the contact has no owner, or whoever was chosen has left."


@transaction.atomic
def open_deals(requests: Sequence[DealRequest]) -> list[Receipt]:
    """An opportunity for each contact that has no open one; whoever owns it is told. The same key: the same receipt.

    It costs the same few queries for one and for a thousand.
    """
    contacts = _lock_contacts(requests)
    receipts = _receipts_for(request.key for request in requests)
    fresh = list({request.key: request for request in requests if request.key not in receipts}.values())
    if fresh:
        receipts |= _decide(fresh, contacts)
    return [receipts[request.key] for request in requests]


def _lock_contacts(requests: Sequence[DealRequest]) -> dict[int, Contact]:
    """In the order of their keys, so that two batches wait for each other and never deadlock."""
    wanted = {request.contact for request in requests}
    rows = Contact.objects.alive().filter(pk__in=wanted).select_for_update().order_by("pk")
    return {contact.pk: contact for contact in rows}


def _receipts_for(keys: Iterable[str]) -> dict[str, Receipt]:
    known = DealReceipt.objects.filter(key__in=set(keys))
    return {r.key: Receipt(r.key, r.outcome, r.opportunity_id, r.owner_id, r.reason) for r in known}


def _decide(requests: Sequence[DealRequest], contacts: dict[int, Contact]) -> dict[str, Receipt]:
    at_work = set(
        User.objects.filter(pk__in={r.owner for r in requests if r.owner}, is_active=True).values_list("pk", flat=True)
    )
    found = Opportunity.objects.open().alive().filter(contact__in=contacts).order_by("-pk")
    open_ones: dict[int | None, Opportunity] = {one.contact_id: one for one in found}
    receipts: dict[str, Receipt] = {}
    wanted: dict[int, DealRequest] = {}
    for request in requests:
        if reason := _refusal(request, contacts, at_work):
            receipts[request.key] = Receipt(request.key, "refused", reason=reason)
        elif request.contact not in open_ones:
            wanted.setdefault(request.contact, request)
    made = _open(list(wanted.values()), contacts)
    for request in requests:
        if request.key in receipts:
            continue
        is_new = wanted.get(request.contact) is request
        one = made[request.key] if is_new else open_ones.get(request.contact) or made[wanted[request.contact].key]
        receipts[request.key] = Receipt(request.key, "new" if is_new else "known", one.pk, one.owner_id)
    DealReceipt.objects.bulk_create(
        DealReceipt(key=r.key, outcome=r.outcome, opportunity_id=r.opportunity, owner_id=r.owner, reason=r.reason)
        for r in receipts.values()
    )
    return receipts


def _refusal(request: DealRequest, contacts: dict[int, Contact], at_work: set[int]) -> str:
    contact = contacts.get(request.contact)
    if contact is None:
        return GONE
    if not contact.is_active:
        return INACTIVE
    return "" if request.owner in at_work else NOBODY


def _open(requests: Sequence[DealRequest], contacts: dict[int, Contact]) -> dict[str, Opportunity]:
    """New opportunities by the key of their request; history, log and owners hear of them."""
    if not requests:
        return {}
    currency, process = Currency.objects.get(pk=base_currency()), Process.objects.get(is_default=True)
    made: dict[str, Opportunity] = {}
    for request in requests:
        amount = rounded(request.amount, currency)
        one = Opportunity(
            topic=request.topic,
            contact_id=request.contact,
            account_id=contacts[request.contact].account_id,
            currency=currency,
            estimated_revenue=amount,
            estimated_revenue_base=amount,
            estimated_close=request.close_on,
            owner_id=request.owner,
            campaign_id=request.campaign,
            process=process,
            description=request.source,
        )
        keep_place(one)
        made[request.key] = one
    Opportunity.objects.bulk_create(made.values())
    StageVisit.objects.bulk_create(StageVisit(opportunity=one, stage=one.stage) for one in made.values())
    keep_created(made.values(), by=None)
    record_many(
        entry(
            "opportunity.opened",
            contact=one.contact_id,
            account=one.account_id,
            source=one,
            campaign=one.campaign_id,
            data={"topic": one.topic, "source": one.description},
        )
        for one in made.values()
    )
    tell([_note(key, one, contacts) for key, one in made.items()])
    return made


def _note(key: str, one: Opportunity, contacts: dict[int, Contact]) -> Note:
    text = f"New opportunity: {contacts[one.contact_id or 0]}. {one.topic}"
    return Note(one.owner_id or 0, text, one.get_absolute_url(), "target", f"deal:{key}", "assigned")
