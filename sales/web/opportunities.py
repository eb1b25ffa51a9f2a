"""The pages of opportunities: list, page with its process bar, new, change, win, lose, reopen, assign."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access import may
from crm.access.see import must_be_able_to_add, see_or_404
from crm.errors import CrmError, Forbidden, NotAllowed
from crm.models import Account, Contact
from crm.web.frame import render_record
from crm.web.lists import Empty
from crm.web.pages import add_to, answer, done, render_form
from crm.web.record_lists import render_records
from sales.actions.closing import lose_opportunity, reopen_opportunity, told_as_closed, win_opportunity
from sales.actions.opportunities import open_opportunity
from sales.models import Opportunity
from sales.queries.steps import process_bar
from sales.web.opportunity_forms import LoseForm, NewOpportunityForm, WinForm


@login_required
def opportunities(request: HttpRequest) -> HttpResponse:
    new_url = reverse("sales:opportunity-new") if may(request.user, "sales.opportunity", "add") else ""
    sentence = _("An opportunity is a sale that may come. Qualify a lead and it is opened for you, or open one here.")
    empty = Empty(_("No opportunities yet"), sentence, _("New opportunity") if new_url else "", new_url, "target")
    filters = f"?{request.GET.urlencode()}" if request.GET else ""
    doors = [(_("Board"), reverse("sales:board") + filters, "layout-kanban")]
    return render_records(
        request, "sales.opportunity", empty=empty, new_url=new_url, new_label=_("New opportunity"), actions=doors
    )


@login_required
def opportunity(request: HttpRequest, pk: int) -> HttpResponse:
    return render_opportunity(request, seen(request, pk))


def render_opportunity(request: HttpRequest, record: Opportunity, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page; `more` may bring an open stage with its form (sales/web/stages.py)."""
    context = {
        "opportunity": record,
        "bar": process_bar(record, timezone.now()),
        "closes": record.closes.select_related("by", "competitor"),
        **more,
    }
    return render_record(request, record, "sales/opportunities/detail.html", status=status, **context)


@login_required
def opportunity_new(request: HttpRequest) -> HttpResponse:
    must_be_able_to_add(request.user, Opportunity)
    form = NewOpportunityForm(request.POST or None, user=request.user, initial=_customer(request))
    if form.is_valid():
        try:
            made = open_opportunity(**form.cleaned_data, by=request.user)  # type: ignore[arg-type]
        except CrmError as problem:
            add_to(form, problem)
        else:
            return done(request, _("The opportunity is open."), made.get_absolute_url())
    return render_form(
        request,
        form,
        title=_("New opportunity"),
        submit=_("Create opportunity"),
        back=reverse("sales:opportunities"),
        template="sales/opportunities/form.html",
    )


@login_required
def opportunity_win(request: HttpRequest, pk: int) -> HttpResponse:
    record = mine(request, pk)
    form = WinForm(record, request.user, request.POST or None)  # type: ignore[arg-type]
    counted = _("The revenue is in %(currency)s. The forecast and the campaign count it from now on.")
    return _close(
        request,
        record,
        form,
        win_opportunity,
        title=_("Win “%(deal)s”") % {"deal": record},
        submit=_("Close as won"),
        said=_("Won. Well done."),
        sentence=f"{form.sentence} {counted % {'currency': record.currency_id}}".strip(),
    )


@login_required
def opportunity_lose(request: HttpRequest, pk: int) -> HttpResponse:
    record = mine(request, pk)
    form = LoseForm(record, request.user, request.POST or None)  # type: ignore[arg-type]
    return _close(
        request,
        record,
        form,
        lose_opportunity,
        title=_("Lose “%(deal)s”") % {"deal": record},
        submit=_("Close as lost"),
        said=_("Closed as lost."),
        sentence=_("It leaves the pipeline. You can reopen it later; how it was closed stays on record."),
    )


@login_required
@require_POST
def opportunity_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    record = mine(request, pk)
    try:
        reopen_opportunity(record, by=request.user)  # type: ignore[arg-type]
    except CrmError as problem:
        return answer(request, problem, record.get_absolute_url())
    return done(request, _("The opportunity is open again."), record.get_absolute_url())


def seen(request: HttpRequest, pk: int) -> Opportunity:
    related = ("account", "contact__account", "lead", "campaign", "owner", "currency", "process", "created_by")
    record = see_or_404(Opportunity.objects.select_related(*related).prefetch_related("visits"), pk, request.user)
    if record.is_open:  # the steps of a closed deal are asked for only where its stage is opened
        prefetch_related_objects([record], "process__steps")
    return record


def mine(request: HttpRequest, pk: int) -> Opportunity:
    """404 where it is not visible, 403 with its sentence where it may not be changed."""
    return seen(request, pk).must_be_editable_by(request.user)  # type: ignore[arg-type]


def held_by_mine(model: Any, request: HttpRequest, pk: int) -> Any:
    """A row that hangs on a deal (a stakeholder, a rivalry), in the same way."""
    deals = Opportunity.objects.visible_to(request.user).order_by()
    found = get_object_or_404(model.objects.filter(opportunity__in=deals).select_related("opportunity__owner"), pk=pk)
    found.opportunity.must_be_editable_by(request.user)
    return found


def _close(
    request: HttpRequest,
    record: Opportunity,
    form: Any,
    action: Any,
    *,
    title: str,
    submit: str,
    said: str,
    sentence: str,
) -> HttpResponse:
    back = record.get_absolute_url()
    if not record.is_open:
        return answer(request, NotAllowed(told_as_closed(record)), back)
    if form.is_valid():
        try:
            action(record, **form.cleaned_data, by=request.user)
        except Forbidden:
            raise
        except CrmError as problem:
            add_to(form, problem)
        else:
            return done(request, said, back)
    return render_form(
        request, form, title=title, submit=submit, back=back, sentence=sentence, template="sales/form.html"
    )


def _customer(request: HttpRequest) -> dict[str, Any]:
    """?account= or ?contact= from the page somebody came from."""
    found: dict[str, Any] = {}
    pk = request.GET.get("account", "")
    if pk.isdigit():
        found["account"] = Account.objects.visible_to(request.user).filter(pk=pk).first()
    pk = request.GET.get("contact", "")
    if pk.isdigit():
        contact = Contact.objects.visible_to(request.user).select_related("account").filter(pk=pk).first()
        found |= {"contact": contact, "account": contact.account if contact else None}
    return found
