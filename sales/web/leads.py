"""The pages of leads: list, page, new, change, qualify, disqualify, reactivate, assign."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access import may
from crm.access.see import must_be_able_to_add, see_or_404
from crm.actions.contacts import find_contact
from crm.errors import CrmError, Forbidden, NotAllowed
from crm.models import Contact, User
from crm.queries.duplicates import Matches
from crm.web.alike import unasked
from crm.web.frame import render_record
from crm.web.lists import Empty
from crm.web.pages import add_to, answer, done, render_form
from crm.web.record_lists import render_records
from sales.actions.leads import (
    capture_lead,
    disqualify_lead,
    open_lead,
    qualify_lead,
    reactivate_lead,
    told_as_closed,
)
from sales.models import Lead, Opportunity
from sales.queries.assignment_words import why_nobody_has
from sales.queries.matches import known_person, twins_of
from sales.web.lead_forms import DisqualifyForm, NewLeadForm, QualifyForm


@login_required
def leads(request: HttpRequest) -> HttpResponse:
    new_url = reverse("sales:lead-new") if may(request.user, "sales.lead", "add") else ""
    sentence = _("A lead is somebody who may buy. Journeys hand them over by themselves; you can also write one down.")
    empty = Empty(_("No leads yet"), sentence, _("New lead") if new_url else "", new_url, "user-star")
    return render_records(request, "sales.lead", empty=empty, new_url=new_url, new_label=_("New lead"))


@login_required
def lead(request: HttpRequest, pk: int) -> HttpResponse:
    seen = see_or_404(
        Lead.objects.select_related("contact__account", "account", "campaign", "owner", "team", "created_by"),
        pk,
        request.user,
    )
    deals = [] if seen.is_open else Opportunity.objects.visible_to(request.user).filter(lead=seen)
    may_claim = may(request.user, "sales.lead", "change")
    return render_record(request, seen, "sales/leads/detail.html", lead=seen, opportunities=deals, may_claim=may_claim)


@login_required
def lead_new(request: HttpRequest) -> HttpResponse:
    must_be_able_to_add(request.user, Lead)
    contact = Contact.objects.visible_to(request.user).filter(pk=_number(request.GET.get("contact"))).first()
    user: Any = request.user
    form = NewLeadForm(request.POST or None, user=user, initial=_about(contact))
    found = _unasked(request, form.cleaned_data) if form.is_valid() else None
    if form.is_valid() and found is None:
        try:
            return _captured(request, form.cleaned_data)
        except CrmError as problem:
            add_to(form, problem)
    return render_form(
        request,
        form,
        title=_("New lead"),
        submit=_("Create lead"),
        back=reverse("sales:leads"),
        template="sales/leads/new.html",
        contact=contact,
        watch="" if contact else "crm.contact",
        use="contact",
        alike=found,
        status=409 if found else None,
    )


def _unasked(request: HttpRequest, data: dict[str, Any]) -> Matches | None:
    """Whom a lead may be about, to be asked first. A known contact, or a known address, is who it is: nothing is asked then."""
    if data["contact"] or find_contact(data["email"]):
        return None
    return unasked(request, "crm.contact", {**data, "company_name": data["company"]})


ABOUT_THE_WISH = (
    "topic", "rating", "source_kind", "source", "campaign", "description", "custom", "owner", "by_rules"
)  # fmt: skip


def _captured(request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
    contact = data.pop("contact")
    if contact:
        facts = {name: data[name] for name in ABOUT_THE_WISH if name in data}
        found, is_new = open_lead(contact, by=request.user, company_name=data["company"], **facts)  # type: ignore[arg-type]
    else:
        found, is_new = capture_lead(**data, by=request.user)  # type: ignore[arg-type]
    is_visible = Lead.objects.visible_to(request.user).filter(pk=found.pk).exists()
    if is_new:
        return done(request, _whose(found, request), found.get_absolute_url() if is_visible else reverse("sales:leads"))
    if is_visible:
        sentence = _("This person already has an open lead. The new interest is noted there.")
        return done(request, sentence, found.get_absolute_url())
    sentence = _(
        "This person already has an open lead with another team. Your note is kept there and its owner was told."
    )
    return done(request, sentence, reverse("sales:leads"))


def _whose(new: Lead, request: HttpRequest) -> str:
    """Who has it now, and why; or why nobody has."""
    if new.owner_id is None:
        return " ".join([_("The lead is open, and nobody has it yet."), *why_nobody_has(new)])
    if new.owner_id != request.user.pk:
        owner = User.objects.get(pk=new.owner_id)
        if new.assignment_rule is None:
            return _("The lead is open. %(owner)s has it.") % {"owner": owner}
        said = _("The lead is open. %(owner)s has it, by the rule “%(rule)s”.")
        return said % {"owner": owner, "rule": new.assignment_rule}
    return _("The lead is open and yours.")


@login_required
def lead_known(request: HttpRequest) -> HttpResponse:
    """While the email is typed: is this somebody we know, with an open lead?"""
    contact, open_one = known_person(request.GET.get("email", ""), request.user)  # type: ignore[arg-type]
    return render(request, "sales/leads/_known.html", {"contact": contact, "lead": open_one})


@login_required
def lead_qualify(request: HttpRequest, pk: int) -> HttpResponse:
    """What the lead becomes: account, contact, opportunity; then on to the opportunity."""
    seen = _mine(request, pk)
    if not seen.is_open:
        return _qualified_meanwhile(request, seen)
    form = QualifyForm(request.POST or None, lead=seen)
    if form.is_valid():
        wishes = form.wishes()
        if wishes["create_opportunity"]:
            must_be_able_to_add(request.user, Opportunity)
        try:
            qualified = qualify_lead(seen, **wishes, by=request.user)  # type: ignore[arg-type]
        except CrmError as problem:
            add_to(form, problem)
        else:
            deal = qualified.opportunities.first()
            sentence = _("Qualified. Here is the opportunity.") if deal else _("Qualified.")
            return done(request, sentence, (deal or qualified).get_absolute_url())
    return render_form(
        request,
        form,
        title=_("Qualify “%(lead)s”") % {"lead": seen},
        submit=_("Qualify"),
        template="sales/leads/qualify.html",
        back=seen.get_absolute_url(),
        sentence=_("%(person)s becomes a customer in the making.") % {"person": seen.contact},
        lead=seen,
        twins=twins_of(seen.contact, request.user),
    )


def _qualified_meanwhile(request: HttpRequest, lead: Lead) -> HttpResponse:
    """A second tab, or a colleague: say so, and lead to what came of it."""
    deal = Opportunity.objects.visible_to(request.user).filter(lead=lead).first()
    return answer(request, NotAllowed(told_as_closed(lead)), (deal or lead).get_absolute_url())


@login_required
def lead_disqualify(request: HttpRequest, pk: int) -> HttpResponse:
    seen = _mine(request, pk)
    form = DisqualifyForm(request.POST or None)
    if form.is_valid():
        return _acted(request, seen, disqualify_lead, _("The lead is closed."), reason=form.cleaned_data["reason"])
    return render_form(
        request,
        form,
        title=_("Disqualify “%(lead)s”") % {"lead": seen},
        submit=_("Disqualify"),
        template="sales/form.html",
        back=seen.get_absolute_url(),
        sentence=_("The lead closes without a sale. You can reactivate it later."),
    )


@login_required
@require_POST
def lead_reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    return _acted(request, _mine(request, pk), reactivate_lead, _("The lead is open again."))


def _mine(request: HttpRequest, pk: int) -> Lead:
    """404 where it is not visible, 403 with its sentence where it may not be changed."""
    seen = see_or_404(Lead.objects.select_related("contact__account", "owner"), pk, request.user)
    return seen.must_be_editable_by(request.user)  # type: ignore[arg-type]


def _acted(request: HttpRequest, seen: Lead, action: Any, sentence: str, **wishes: Any) -> HttpResponse:
    """Do it, say so, and lead back; to the list where the record is out of sight now."""
    try:
        action(seen, **wishes, by=request.user)
    except Forbidden:
        raise
    except CrmError as problem:
        return answer(request, problem, seen.get_absolute_url())
    is_visible = Lead.objects.visible_to(request.user).filter(pk=seen.pk).exists()
    return done(request, sentence, seen.get_absolute_url() if is_visible else reverse("sales:leads"))


def _about(contact: Contact | None) -> dict[str, Any]:
    if contact is None:
        return {}
    names = ("email", "first_name", "last_name", "job_title")
    facts = {name: getattr(contact, name) for name in names}
    return {**facts, "contact": contact.pk, "phone": contact.mobile or contact.phone, "company": contact.company_name}


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0
