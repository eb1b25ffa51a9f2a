"""What a user is asked to approve for journeys: the list, one question with its two buttons, and the box on “my work”."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from crm.errors import CrmError, Invalid
from crm.models import Contact
from crm.web.requests import SignedIn
from journeys.actions.approvals import decide
from journeys.models import Approval

FEW = 5


@login_required
@require_GET
def approvals(request: SignedIn) -> HttpResponse:
    """Mine first of all; `?show=all` adds those of journeys that I may change, `?show=decided` what was decided."""
    show = request.GET.get("show", "")
    found = Approval.objects.visible_to(request.user).select_related("participant__contact", "journey", "approver")
    match show:
        case "all":
            found = found.waiting()
        case "decided":
            found = found.exclude(status=Approval.Status.WAITING).order_by("-decided_at", "-pk")
        case _:
            found = found.waiting().filter(approver=request.user)
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    return render(request, "journeys/approvals/list.html", {"page": page, "show": show})


@login_required
@require_http_methods(["GET", "POST"])
def approval(request: SignedIn, pk: int) -> HttpResponse:
    rows = Approval.objects.visible_to(request.user).select_related("participant__contact", "journey", "decided_by")
    asked = get_object_or_404(rows, pk=pk)
    problem: CrmError | None = None
    comment = request.POST.get("comment", "").strip()
    if request.method == "POST":
        try:
            is_approved = _answer(request)
            asked = decide(asked, is_approved=is_approved, comment=comment, by=request.user)
        except CrmError as raised:
            problem = raised
        else:
            said = _("Approved: they go on.") if is_approved else _("Declined: they go the other way.")
            messages.success(request, said)
            return HttpResponseRedirect(reverse("journeys:approvals"))
    contact = asked.participant.contact
    context = {
        "asked": asked,
        "contact": contact,
        "sees_contact": Contact.objects.visible_to(request.user).filter(pk=contact.pk).exists(),
        "is_open": Approval.objects.waiting().filter(pk=asked.pk).exists(),
        "problem": problem,
        "comment": comment,
    }
    return render(request, "journeys/approvals/page.html", context, status=422 if problem else 200)


def _answer(request: HttpRequest) -> bool:
    said = request.POST.get("answer")
    if said not in ("yes", "no"):
        raise Invalid(_("Say yes or no."))
    return said == "yes"


def box(request: HttpRequest, record: object) -> str:
    """On “my work”: the first few that wait for me; "" where there is none."""
    mine = Approval.objects.waiting().filter(approver=request.user)  # type: ignore[misc]
    shown = list(mine.select_related("participant__contact", "journey")[: FEW + 1])
    if not shown:
        return ""
    context = {"shown": shown[:FEW], "has_more": len(shown) > FEW}
    return render_to_string("journeys/approvals/_box.html", context, request=request)
