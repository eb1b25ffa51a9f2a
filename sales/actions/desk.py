"""The desk: sales takes contacts that a journey, a form or a marketer hands over (crm/hooks/handover.py)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm.actions.notifications import Note, tell
from crm.audit import keep_created, keep_in_bulk
from crm.errors import Invalid
from crm.hooks.handover import Receipt, Request
from crm.log.recording import entry, record_many
from crm.models import Contact, HandoverReceipt, Interaction, User
from sales.actions.assignment import give_by_rules, told_of
from sales.models import Lead
from sales.queries.choosing import Choice


@transaction.atomic
def receive_leads(requests: Sequence[Request]) -> list[Receipt]:
    """A lead for each contact: the open one where there is one, else a new one, owned in turn by the rule that fits.

    The same key always gets the same receipt, whoever asks and however often. Raises Invalid for a contact that is not there.
    """
    contacts = _lock_contacts(requests)
    receipts = _receipts_for(request.key for request in requests)
    fresh = list({request.key: request for request in requests if request.key not in receipts}.values())
    if fresh:
        receipts.update(_receive(fresh, contacts))
    return [receipts[request.key] for request in requests]


def _lock_contacts(requests: Sequence[Request]) -> dict[int, Contact]:
    """In the order of their keys, so that two batches wait for each other and never deadlock."""
    wanted = {request.contact for request in requests}
    contacts = {c.pk: c for c in Contact.objects.alive().filter(pk__in=wanted).select_for_update().order_by("pk")}
    if missing := wanted - contacts.keys():
        raise Invalid(f"There is no contact {min(missing)} to hand over.", field="contact")
    return contacts


def _receipts_for(keys: Iterable[str]) -> dict[str, Receipt]:
    known = HandoverReceipt.objects.filter(key__in=set(keys))
    return {r.key: Receipt(key=r.key, lead=r.lead, owner=r.owner_id, is_new=r.is_new) for r in known}


def _receive(requests: list[Request], contacts: dict[int, Contact]) -> dict[str, Receipt]:
    leads = {
        lead.contact_id: lead for lead in Lead.objects.open().alive().filter(contact__in=contacts).select_for_update()
    }
    waiting = [lead for lead in leads.values() if lead.owner_id is None and lead.team_id is None]
    news = _open_leads([r for r in requests if r.contact not in leads], contacts)
    leads |= {lead.contact_id: lead for lead in news.values()}
    found = [*waiting, *news.values()]
    choices = {lead.pk: choice for lead, choice in zip(found, give_by_rules(found, timezone.now()), strict=True)}
    keep_created(news.values(), by=None)
    keep_in_bulk([(lead, {"owner": ["None", str(lead.owner_id)]}) for lead in waiting if lead.owner_id], by=None)
    receipts = {
        request.key: Receipt(
            key=request.key,
            lead=leads[request.contact].pk,
            owner=leads[request.contact].owner_id,
            is_new=request.key in news,
        )
        for request in requests
    }
    HandoverReceipt.objects.bulk_create(
        HandoverReceipt(
            key=r.key,
            contact_id=r.contact,
            lead=receipts[r.key].lead,
            owner_id=receipts[r.key].owner,
            is_new=receipts[r.key].is_new,
        )
        for r in requests
    )
    _tell(requests, receipts, leads, contacts, choices)
    return receipts


def _open_leads(requests: Iterable[Request], contacts: dict[int, Contact]) -> dict[str, Lead]:
    """One new lead a contact, by the key of the request that opened it."""
    firsts: dict[int, Request] = {}
    for request in requests:
        firsts.setdefault(request.contact, request)
    leads = {
        request.key: Lead(
            topic=request.topic[:300],
            contact_id=request.contact,
            account_id=contacts[request.contact].account_id,
            company_name=contacts[request.contact].company_name,
            campaign_id=request.campaign,
            source=request.source[:200],
            rating="hot",
            details=request.details,
        )
        for request in firsts.values()
    }
    Lead.objects.bulk_create(leads.values())
    return leads


def _tell(
    requests: list[Request],
    receipts: dict[str, Receipt],
    leads: dict[int, Lead],
    contacts: dict[int, Contact],
    choices: dict[int, Choice],
) -> None:
    names = {user.pk: str(user) for user in User.objects.filter(pk__in={lead.owner_id for lead in leads.values()})}
    rows: list[Interaction] = []
    news: list[Note] = []
    for request in requests:
        receipt, lead = receipts[request.key], leads[request.contact]
        rows += _log_rows(request, receipt, lead, names, choices.pop(lead.pk, None))
        if lead.owner_id:
            news.append(_notice(request, receipt, lead, lead.owner_id, contacts[request.contact]))
    record_many(rows)
    tell(news)


def _log_rows(
    request: Request, receipt: Receipt, lead: Lead, names: dict[int, str], choice: Choice | None
) -> list[Interaction]:
    """`choice` is what the rules have just said of this lead, where they were asked."""
    about: dict[str, Any] = {"contact": request.contact, "source": lead, "campaign": request.campaign}
    data = {"topic": request.topic, "source": request.source, **request.details}
    rows = [entry("lead.created" if receipt.is_new else "lead.interest", data=data, **about)]
    if choice and choice.owner:
        rows.append(entry("lead.assigned", data=told_of(choice, names[choice.owner], lead), **about))
    return rows


def _notice(request: Request, receipt: Receipt, lead: Lead, owner: int, contact: Contact) -> Note:
    score = request.details.get("score")
    what = "New lead" if receipt.is_new else "New interest"
    text = f"{what}: {contact}" + (f", score {score}" if score is not None else "") + f". {request.topic}"
    return Note(
        owner,
        text,
        lead.get_absolute_url(),
        "user-star" if receipt.is_new else "flame",
        f"handover:{request.key}",
        "assigned" if receipt.is_new else "lead.interest",
    )
