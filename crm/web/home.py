"""`/` leads everybody to where their day begins."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse

from crm.web.context import Shell
from crm.web.requests import SignedIn


@login_required
def home(request: SignedIn) -> HttpResponse:
    """The page a person has chosen. Else: who works leads begins with them; who runs marketing, with the overview; anybody
    else, with the people."""
    chosen = [door for door in Shell(request).open_doors if door.name == request.user.start_page]
    if chosen:
        return redirect(chosen[0].address)
    if request.user.may("sales.lead", "change"):
        try:
            return redirect(reverse("sales:my-work"))
        except NoReverseMatch:
            return redirect("crm:contacts")
    return redirect("admin:index" if request.user.is_staff else "crm:contacts")
