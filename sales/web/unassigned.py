"""The queue of leads that nobody has: the list, claiming one, asking the rules once more."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from crm.access import may
from crm.access.see import must_be_able_to, must_be_able_to_at_all, see_or_404
from crm.errors import CrmError
from crm.web.lists import Empty
from crm.web.pages import answer, done
from crm.web.record_lists import render_records
from crm.web.requests import SignedIn
from sales.actions.unassigned import ask_for_another_try, assign_by_rules, claim_lead, try_waiting
from sales.models import Lead

AT_ONCE = 200
"""So many waiting leads are tried while the person waits; more are left to a worker."""


@login_required
def unassigned(request: HttpRequest) -> HttpResponse:
    """The list of leads, opened with what is nobody's; its views, filters, columns and bulk actions are those of every list."""
    must_be_able_to_at_all(request.user, "view", Lead)
    if "view" not in request.GET:
        rest = request.GET.urlencode()
        return redirect(f"{request.path}?view=unassigned{f'&{rest}' if rest else ''}")
    sentence = _(
        "A lead waits here where no rule fits it, or where everybody of the rule is full, away or not at work. "
        "It is given to the first who is available."
    )
    empty = Empty(_("Every lead has somebody"), sentence, picture="inbox")
    may_try = may(request.user, "sales.assignmentrule", "change")
    more = {"may_try": may_try}
    template = "sales/leads/unassigned.html"
    return render_records(request, "sales.lead", empty=empty, opens_with="unassigned", template=template, more=more)


@login_required
@require_POST
def try_again(request: SignedIn) -> HttpResponse:
    """Ask the rules once more for every lead that is nobody's."""
    if not may(request.user, "sales.assignmentrule", "change"):
        must_be_able_to_at_all(request.user, "assign", Lead)
    back = reverse("sales:unassigned")
    if Lead.objects.nobodys().count() > AT_ONCE:
        ask_for_another_try("nobodys")
        return done(request, _("The rules are being asked; whoever gets a lead is told."), back)
    given = try_waiting(timezone.now(), which="nobodys")
    said = ngettext("%(n)s lead found somebody.", "%(n)s leads found somebody.", given) % {"n": given}
    return done(request, said if given else _("Nobody was found for any of them. Each says why."), back)


@login_required
@require_POST
def claim(request: SignedIn, pk: int) -> HttpResponse:
    """Whoever sees a lead that nobody has, and works leads, may take it."""
    lead = see_or_404(Lead.objects.select_related("contact"), pk, request.user)
    must_be_able_to_at_all(request.user, "change", Lead)
    try:
        claimed = claim_lead(lead, by=request.user)
    except CrmError as problem:
        return answer(request, problem, lead.get_absolute_url())
    return done(request, _("It is yours now."), claimed.get_absolute_url())


@login_required
@require_POST
def by_rules(request: SignedIn, pk: int) -> HttpResponse:
    lead = see_or_404(Lead.objects.select_related("contact"), pk, request.user)
    must_be_able_to(request.user, "assign", lead)
    tried: list[Any] = assign_by_rules([lead], by=request.user)
    if tried and tried[0].owner_id:
        owner = Lead.objects.select_related("owner").get(pk=pk).owner
        return done(request, _("It belongs to %s now.") % owner, _home(request, lead))
    said = _("Nobody was found for it. The page says why.") if tried else _("Somebody has it already, or it is closed.")
    return done(request, said, lead.get_absolute_url())


def _home(request: SignedIn, lead: Lead) -> str:
    """Its page, or the queue where it is out of sight now."""
    is_visible = Lead.objects.visible_to(request.user).filter(pk=lead.pk).exists()
    return lead.get_absolute_url() if is_visible else reverse("sales:unassigned")
