"""A person's own address to file mails by: shown, copied, made anew."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from crm.access.see import must_be_able_to_add
from crm.actions.rep_filing import filing_address, renew_filing_address
from crm.models import Activity, Mailbox
from crm.queries.correspondents import filing_address_of
from crm.web.pages import done
from crm.web.requests import SignedIn


@login_required
def filing(request: SignedIn) -> HttpResponse:
    if request.method == "POST":
        must_be_able_to_add(request.user, Activity)
        renew_filing_address(request.user)
        return done(request, _("You have a new address; mails to the old one are ignored from now on."), request.path)
    may_file = request.user.may("crm.activity", "add")
    if may_file:
        filing_address(request.user)
    context = {
        "address": filing_address_of(request.user) if may_file else "",
        "may_file": may_file,
        "own": Mailbox.objects.filter(owner=request.user),
        "may_add": request.user.may("crm.mailbox", "add"),
    }
    return render(request, "crm/mailboxes/filing.html", context)
