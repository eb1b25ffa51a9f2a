"""The people of a deal on its page: who has a say in it, who of us works on it. Boxes, edited in dialogs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm.actions.attachments import attachments_of
from crm.errors import CrmError
from crm.models import Contact, User
from crm.web.forms import RecordField
from crm.web.frame import frame_of
from crm.web.pages import add_to, answer, done
from crm.web.record_commands import ask
from crm.web.requests import SignedIn
from sales.actions.deal_people import put_on_team, remove_stakeholder, set_stakeholder, take_off_team
from sales.models import DealMember, Opportunity, Stakeholder, StakeholderRole, TeamRole
from sales.web.opportunities import held_by_mine, mine

FEW = 10
SHOWN = 50
CHOOSE = ("", gettext_lazy("Choose…"))


class StakeholderForm(forms.Form):
    contact = RecordField(label=gettext_lazy("Person"), queryset=Contact.objects.none())
    role = forms.ChoiceField(label=gettext_lazy("What are they here?"), choices=[CHOOSE, *StakeholderRole.choices])
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["contact"]
        chosen.queryset = chosen.widget.queryset = Contact.objects.visible_to(user)


class MemberForm(forms.Form):
    user = RecordField(label=gettext_lazy("Colleague"), queryset=User.objects.filter(is_active=True))
    role = forms.ChoiceField(label=gettext_lazy("What do they do here?"), choices=[CHOOSE, *TeamRole.choices])


def stakeholders_panel(request: HttpRequest, opportunity: Opportunity) -> SafeString:
    """Those whom the reader may see; of the others only that there are some."""
    seen = Contact.objects.visible_to(request.user)
    alive = opportunity.stakeholders.filter(contact__deleted_at=None)
    rows = list(alive.filter(contact__in=seen.order_by()).select_related("contact").in_order())
    frame = frame_of(request, opportunity)
    context = {
        "opportunity": opportunity,
        "stakeholders": rows,
        "hidden": alive.count() - len(rows),
        "may_edit": frame.may_edit,
    }
    return SafeString(render_to_string("sales/opportunities/_stakeholders.html", context, request))


def team_panel(request: HttpRequest, opportunity: Opportunity) -> SafeString:
    context = {
        "opportunity": opportunity,
        "members": opportunity.members.select_related("user"),
        "may_change": frame_of(request, opportunity).may_change,
    }
    return SafeString(render_to_string("sales/opportunities/_team.html", context, request))


def stakes_panel(request: HttpRequest, contact: Contact) -> SafeString | str:
    """In which deals a person has a say, as far as the reader sees them; nothing where there is none."""
    deals = Opportunity.objects.visible_to(request.user).order_by()
    rows = Stakeholder.objects.filter(contact=contact, opportunity__in=deals).select_related("opportunity__currency")
    stakes = list(rows.order_by("-pk")[:FEW])
    return render_to_string("sales/opportunities/_stakes.html", {"stakes": stakes}, request) if stakes else ""


def lead_files(request: HttpRequest, opportunity: Opportunity) -> SafeString | str:
    """What was attached to the lead that the deal came from; nothing where there is nothing."""
    lead = opportunity.lead
    files = list(attachments_of(lead).select_related("by")[:SHOWN]) if lead and not lead.deleted_at else []
    return render_to_string("sales/leads/_files.html", {"lead": lead, "files": files}, request) if files else ""


@login_required
def stakeholder_add(request: SignedIn, pk: int) -> HttpResponse:
    deal = mine(request, pk)
    form = StakeholderForm(request.POST or None, user=request.user)
    return _asked(request, deal, form, set_stakeholder, "contact", _("Who has a say in “%s”?") % deal, _("Add"))


@login_required
def stakeholder(request: SignedIn, pk: int) -> HttpResponse:
    held = held_by_mine(Stakeholder, request, pk)
    initial = {"role": held.role, "note": held.note}
    form = StakeholderForm(request.POST or None, user=request.user, initial=initial)
    del form.fields["contact"]
    return _asked(request, held.opportunity, form, set_stakeholder, held.contact, str(held.contact), _("Save"))


@login_required
@require_POST
def stakeholder_remove(request: SignedIn, pk: int) -> HttpResponse:
    held = held_by_mine(Stakeholder, request, pk)
    return _removed(request, held, remove_stakeholder, held.contact)


@login_required
def member_add(request: SignedIn, pk: int) -> HttpResponse:
    deal = mine(request, pk)
    form = MemberForm(request.POST or None)
    return _asked(request, deal, form, put_on_team, "user", _("Who works on “%s”?") % deal, _("Add"))


@login_required
def member(request: SignedIn, pk: int) -> HttpResponse:
    held = held_by_mine(DealMember, request, pk)
    form = MemberForm(request.POST or None, initial={"role": held.role})
    del form.fields["user"]
    return _asked(request, held.opportunity, form, put_on_team, held.user, str(held.user), _("Save"))


@login_required
@require_POST
def member_remove(request: SignedIn, pk: int) -> HttpResponse:
    held = held_by_mine(DealMember, request, pk)
    return _removed(request, held, take_off_team, held.user)


def _asked(
    request: SignedIn, deal: Opportunity, form: forms.Form, act: Any, who: Any, title: str, submit: str
) -> HttpResponse:
    """`who` is the person, or the field of the form that names them."""
    if form.is_valid():
        facts = dict(form.cleaned_data)
        person = facts.pop(who) if isinstance(who, str) else who
        try:
            act(deal, person, **facts, by=request.user)
        except CrmError as problem:
            add_to(form, problem)
        else:
            return done(request, _("Saved."), deal.get_absolute_url())
    return ask(request, deal, form, title, submit)


def _removed(request: SignedIn, held: Any, act: Any, who: Any) -> HttpResponse:
    """Back to the deal; to the list where one has taken oneself off and sees it no more."""
    back = held.opportunity.get_absolute_url()
    try:
        act(held, by=request.user)
    except CrmError as problem:
        return answer(request, problem, back)
    request.user._reached = None  # what being on the team gave is asked again
    seen = Opportunity.objects.visible_to(request.user).filter(pk=held.opportunity.pk).exists()
    return done(request, _("%s is taken off.") % who, back if seen else reverse("sales:opportunities"))
