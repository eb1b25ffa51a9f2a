"""Accounts: list, page, create, edit."""

from __future__ import annotations

from functools import partial

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.access.see import must_be_able_to_add, see_or_404
from crm.actions.records import create_record
from crm.hooks import records
from crm.models import Account
from crm.web.frame import render_record
from crm.web.lists import Empty
from crm.web.record_form import new_page
from crm.web.record_lists import render_records
from crm.web.requests import SignedIn


@login_required
def account_list(request: SignedIn) -> HttpResponse:
    new_url = reverse("crm:account-add") if request.user.may("crm.account", "add") else ""
    sentence = _(
        "An account is a company you sell to. Qualifying a lead makes one by itself; you can also type one in."
    )
    empty = Empty(_("No accounts yet"), sentence, _("New account") if new_url else "", new_url, "building")
    return render_records(request, "crm.account", empty=empty, new_url=new_url, new_label=_("New account"))


@login_required
def account(request: SignedIn, pk: int) -> HttpResponse:
    shown = see_or_404(Account.objects.select_related("owner", "team", "created_by"), pk, request.user)
    return render_record(request, shown, "crm/accounts/detail.html")


@login_required
def account_add(request: SignedIn) -> HttpResponse:
    must_be_able_to_add(request.user, Account)
    kind = records.kind_of(Account)
    initial = {"owner": request.user.pk, "parent": request.GET.get("parent")}
    back = reverse("crm:accounts")
    return new_page(request, kind, partial(create_record, kind), title=_("New account"), back=back, initial=initial)
