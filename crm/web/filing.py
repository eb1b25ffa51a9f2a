"""A person's own address to file mails by, and their own mailboxes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access.see import must_be_able_to_add
from crm.actions.mailboxes import check_mailbox, save_mailbox
from crm.actions.rep_filing import filing_address, renew_filing_address
from crm.errors import CrmError
from crm.models import Activity, Mailbox
from crm.queries.correspondents import filing_address_of
from crm.web.mailbox_form import OwnMailboxForm
from crm.web.pages import done, render_form
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


@login_required
def own_mailbox(request: SignedIn, pk: int | None = None) -> HttpResponse:
    """Added or changed, and tried at once: what is wrong is said, and mended here."""
    must_be_able_to_add(request.user, Activity)
    mine = get_object_or_404(Mailbox, pk=pk, owner=request.user) if pk else Mailbox(owner=request.user)
    form: Any = OwnMailboxForm(request.POST or None, instance=mine)
    back = reverse("crm:filing")
    if form.is_valid():
        mailbox = form.save(commit=False)
        mailbox.name = mailbox.address
        mailbox = save_mailbox(mailbox, password=form.cleaned_data["password"])
        try:
            return done(request, check_mailbox(mailbox), back)
        except CrmError as problem:
            messages.error(request, problem.message)
            return done(
                request, _("It is saved, but cannot be read like this."), reverse("crm:own-mailbox", args=[mailbox.pk])
            )
    title = _("Your mailbox") if pk else _("Add your mailbox")
    sentence = _(
        "What your contacts write to it is filed with them; everything else in it is left alone, and not kept."
    )
    return render_form(request, form, title=title, sentence=sentence, submit=_("Save and try it"), back=back)


@login_required
@require_POST
def remove_own_mailbox(request: SignedIn, pk: int) -> HttpResponse:
    """It is no longer read, and its password is gone; what was filed stays."""
    mailbox = get_object_or_404(Mailbox, pk=pk, owner=request.user)
    mailbox.delete()
    return done(request, _("“%s” is read no more.") % mailbox, reverse("crm:filing"))
