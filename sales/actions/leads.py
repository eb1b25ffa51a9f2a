"""What happens to a lead: captured, assigned, qualified, disqualified, reactivated."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_fsm import can_proceed

from crm.actions.assignment import hand_over, ring_for_owner
from crm.actions.contacts import capture_contact
from crm.actions.notifications import notify
from crm.audit import AtOnce
from crm.custom_fields.definitions import carried_over
from crm.errors import Invalid, NotAllowed, Stale
from crm.log.recording import record
from crm.models import Account, Campaign, Contact, Currency, Team, User
from sales.actions.assignment import give_by_rules
from sales.actions.assignment_news import tell_of_choices
from sales.actions.opportunities import open_opportunity
from sales.models import DisqualifyReason, Lead, Opportunity
from sales.queries.matches import account_of_name


@transaction.atomic
def capture_lead(
    *,
    topic: str,
    email: str = "",
    first_name: str = "",
    last_name: str = "",
    phone: str = "",
    company: str = "",
    country: str = "",
    job_title: str = "",
    by: User,
    owner: User | None = None,
    by_rules: bool = False,
    later: bool = False,
    **fields: Any,
) -> tuple[Lead, bool]:
    """A lead of somebody who is found by email or becomes a prospect; answers (lead, is_new).

    Where the person has an open lead already, the interest goes on to it and its owner is told. Raises Invalid where
    neither an email nor a name is given.
    """
    if not (email.strip() or last_name.strip() or first_name.strip()):
        raise Invalid("Give at least a name or an email address.", field="email")
    contact, _ = capture_contact(
        email=email,
        first_name=first_name,
        last_name=last_name,
        phone=phone,
        company=company,
        country=country,
        job_title=job_title,
        origin=fields.get("source", "") or "Lead",
        by=by,
    )
    company = company or contact.company_name
    return open_lead(
        contact, topic=topic, by=by, owner=owner, by_rules=by_rules, later=later, company_name=company, **fields
    )


@transaction.atomic
def open_lead(
    contact: Contact,
    *,
    topic: str,
    by: User,
    owner: User | None = None,
    by_rules: bool = False,
    later: bool = False,
    campaign: Campaign | None = None,
    **fields: Any,
) -> tuple[Lead, bool]:
    """A new open lead about this contact, or the one that is open already, which keeps its owner.

    It belongs to `owner`; without one, to whom the rules choose where `by_rules` is wished (it waits where they find
    nobody), else to who opens it. With `later` the rules are not asked yet: the caller asks for many at once
    (assign_by_rules).
    """
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    known = Lead.objects.alive().open().filter(contact=contact).first()
    if known:
        _new_interest(known, topic, fields.get("source", ""), campaign, by)
        return known, False
    now = timezone.now()
    owner = owner or (None if by_rules else by)
    lead = Lead.objects.create(
        contact=contact,
        topic=topic,
        campaign=campaign,
        account=contact.account,
        owner=owner,
        created_by=by,
        assigned_at=now if owner else None,
        **fields,
    )
    data = {"topic": topic, "source": lead.source}
    record("lead.created", contact=contact, source=lead, campaign=campaign, by=by, data=data)
    if owner is None and later:
        return lead, True
    if owner is None:
        tell_of_choices([lead], give_by_rules([lead], now), by)
        return lead, True
    record(
        "lead.assigned",
        contact=contact,
        source=lead,
        campaign=campaign,
        by=by,
        data={"owner": owner.pk, "text": f"To {owner}"},
    )
    if owner != by:
        _notify(lead, f"New lead: {contact}. {topic}", "user-star")
    return lead, True


@transaction.atomic
def change_lead(lead: Lead, *, by: User, version: int | None = None, **fields: Any) -> Lead:
    """Plain fields of an open lead; where it waits for an owner, the rules look at it again. Raises NotAllowed where it is closed, Stale where `version` is no longer the current one."""
    lead = _lock(lead)
    if version is not None and version != lead.version:
        raise Stale(f"Somebody else saved “{lead}” while you were editing. Look at it again and repeat your change.")
    if not lead.is_open:
        raise NotAllowed(f"“{lead}” is {lead.get_status_display().lower()}. Reactivate it before you change it.")
    for name, value in fields.items():
        setattr(lead, name, value)
    lead.assignment_tried_at = None if lead.unassigned_because else lead.assignment_tried_at
    _save(lead)
    return lead


@transaction.atomic
def assign_lead(lead: Lead, *, owner: User | None, team: Team | None = None, by: User | None) -> Lead:
    """Give it to somebody else, who is told, or into the queue of a team.

    Raises NotAllowed for a closed lead, Invalid for somebody who has left or where neither is named.
    """
    lead = _lock(lead)
    if not lead.is_open:
        raise NotAllowed(f"“{lead}” is {lead.get_status_display().lower()}. Reactivate it before you assign it.")
    if not hand_over(lead, owner, team):
        return lead
    lead.assigned_at = timezone.now() if owner else None
    lead.assignment_rule, lead.unassigned_because, lead.unassigned_details = None, "", {}
    _save(lead)
    record(
        "lead.assigned",
        contact=lead.contact_id,
        source=lead,
        campaign=lead.campaign_id,
        by=by,
        data={"owner": lead.owner_id, "text": f"To {owner or team}"},
    )
    ring_for_owner(lead, f"a lead: {lead.contact}. {lead.topic}", "user-star", by)
    return lead


@transaction.atomic
def qualify_lead(
    lead: Lead,
    *,
    account: Account | None = None,
    create_account: bool = True,
    despite_match: bool = False,
    confirm_contact: bool = True,
    create_opportunity: bool = True,
    topic: str = "",
    estimated_revenue: Decimal | None = None,
    currency: Currency | None = None,
    estimated_close: date | None = None,
    by: User,
) -> Lead:
    """The lead becomes account, contact and opportunity, as far as wished.

    `account` is used where given, else the contact's own one, else, with `create_account`, the one of the company's name, which
    is made where there is none; with `despite_match` a new one is made in any case. Raises NotAllowed where the lead is
    not open, Invalid where the currency has no rate.
    """
    lead = _lock_with_person(lead)
    if not can_proceed(lead.qualify):
        raise NotAllowed(told_as_closed(lead))
    with AtOnce(by=by) as history:
        history.changes(lead)
        lead.account = account or _account_of(lead, create_account, despite_match, history, by)
        if confirm_contact:
            history.changes(lead.contact)
            _confirm(lead.contact, lead)
        lead.qualify()
        _save(lead)
        record(
            "lead.qualified",
            contact=lead.contact,
            account=lead.account,
            source=lead,
            campaign=lead.campaign_id,
            by=by,
            data={"topic": lead.topic},
        )
        if create_opportunity:
            history.made(_open_opportunity_of(lead, topic, estimated_revenue, currency, estimated_close, by))
    return lead


@transaction.atomic
def disqualify_lead(lead: Lead, *, reason: str, by: User) -> Lead:
    """Close it without a sale. Raises NotAllowed where it is closed already, Invalid for an unknown reason."""
    lead = _lock(lead)
    if reason not in DisqualifyReason:
        raise Invalid("Choose why this lead leads nowhere.", field="reason")
    if not can_proceed(lead.disqualify):
        raise NotAllowed(f"“{lead}” is already {lead.get_status_display().lower()}.")
    lead.disqualify(reason)
    _save(lead)
    data = {"reason": reason, "text": str(lead.get_disqualify_reason_display())}
    record("lead.disqualified", contact=lead.contact_id, source=lead, campaign=lead.campaign_id, by=by, data=data)
    return lead


@transaction.atomic
def reactivate_lead(lead: Lead, *, by: User) -> Lead:
    """Open it again. Raises NotAllowed beside another open lead of the person, or where a deal came out of it."""
    contact = Contact.objects.select_for_update().get(pk=lead.contact_id)
    lead = _lock(lead)
    if not can_proceed(lead.reactivate):
        raise NotAllowed(f"“{lead}” is open already.")
    if deal := Opportunity.objects.alive().filter(lead=lead).first():
        raise NotAllowed(f"This lead became the opportunity “{deal}”. Work that one instead.")
    if other := Lead.objects.alive().open().filter(contact=contact).first():
        raise NotAllowed(f"{contact} has another open lead, “{other}”. A person has one open lead at a time.")
    lead.reactivate()
    _save(lead)
    record("lead.reactivated", contact=contact, source=lead, campaign=lead.campaign_id, by=by)
    return lead


def told_as_closed(lead: Lead) -> str:
    """For who would close it once more: that it is closed already, and what came of it."""
    said = f"“{lead}” is already {lead.get_status_display().lower()}"
    deal = Opportunity.objects.alive().filter(lead=lead).first()
    return f"{said}: it became the opportunity “{deal}”." if deal else f"{said}."


def _lock(lead: Lead) -> Lead:
    return Lead.objects.select_for_update().get(pk=lead.pk)


def _save(lead: Lead) -> None:
    lead.version += 1
    lead.save()


def _new_interest(lead: Lead, topic: str, source: str, campaign: Campaign | None, by: User) -> None:
    data = {"topic": topic, "source": source, "text": topic}
    record("lead.interest", contact=lead.contact_id, source=lead, campaign=campaign, by=by, data=data)
    if lead.owner_id and lead.owner_id != by.pk:
        _notify(lead, f"New interest: {lead.contact}. {topic}", "flame")


def _notify(lead: Lead, text: str, icon: str) -> None:
    owner: Any = lead.owner
    kind = "lead.interest" if icon == "flame" else "assigned"
    notify(owner, text, lead.get_absolute_url(), icon, kind=kind)


def _lock_with_person(lead: Lead) -> Lead:
    """Both rows, and what they point at, by one query."""
    rows = Lead.objects.select_for_update(of=("self", "contact"))
    return rows.select_related("contact__account", "campaign", "owner", "currency").get(pk=lead.pk)


def _account_of(lead: Lead, create: bool, despite_match: bool, history: AtOnce, by: User) -> Account | None:
    """The person's own one, the one of the company's name, or a new one."""
    contact = lead.contact
    name = (lead.company_name or contact.company_name).strip()
    if not despite_match:
        found = contact.account or (account_of_name(name) if create else None)
        if found or not create:
            return found
    if not name:
        return None
    made = Account.objects.create(
        name=name[:200], owner=lead.owner or by, created_by=by, country=contact.country, city=contact.city,
        industry=lead.industry, website=lead.website, employees=lead.employees, annual_revenue=lead.annual_revenue,
    )  # fmt: skip
    history.made(made)
    return made


def _confirm(contact: Contact, lead: Lead) -> None:
    contact.is_prospect = False
    contact.account = contact.account or lead.account
    contact.owner = contact.owner or lead.owner
    contact.version += 1
    contact.save()


def _expected(lead: Lead) -> Decimal:
    """What it may bring: the estimate, else what they can spend."""
    said = lead.budget_amount if lead.estimated_revenue is None else lead.estimated_revenue
    return said or Decimal(0)


def _open_opportunity_of(
    lead: Lead,
    topic: str,
    revenue: Decimal | None,
    currency: Currency | None,
    close: date | None,
    by: User,
) -> Opportunity:
    return open_opportunity(
        topic=topic or lead.topic,
        account=lead.account,
        contact=lead.contact,
        lead=lead,
        campaign=lead.campaign,
        owner=lead.owner or by,
        currency=currency or lead.currency,
        estimated_revenue=revenue if revenue is not None else _expected(lead),
        estimated_close=close or lead.estimated_close,
        rating=lead.rating,
        priority=lead.priority,
        budget_amount=lead.budget_amount,
        budget_status=lead.budget_status,
        need=lead.need,
        purchase_timeframe=lead.timeframe,
        purchase_process=lead.purchase_process,
        decision_maker=lead.decision_maker,
        description=lead.description,
        custom=carried_over(lead.custom, "sales.lead", "sales.opportunity"),
        by=by,
    )
