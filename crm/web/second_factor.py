"""The page that leads whoever needs a second factor to setting one up."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render

from crm.web.requests import SignedIn
from crm.web.sign_in import has_second_factor, needs_second_factor


@login_required
def second_factor(request: SignedIn) -> HttpResponse:
    if has_second_factor(request) or not needs_second_factor(request.user):
        return redirect("mfa_index")
    return render(request, "crm/people/second_factor.html")
