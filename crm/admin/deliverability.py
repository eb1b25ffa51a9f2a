"""Marketing › Deliverability: does the world believe that our mail is ours, and do the big providers take it?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm.access.depths import may
from crm.actions.deliverability import check_again, describe_domain, read_hosts, read_selectors
from crm.admin.base import GrantedAdmin
from crm.admin.signing import SigningPages
from crm.admin.warm_up import WarmUpForm, WarmUpPages
from crm.deliverability import mailboxes
from crm.errors import CrmError
from crm.models import SenderDomain
from crm.queries.deliverability import domains_seen, rates_seen
from crm.queries.warm_up import paces

NAMES = {
    "spf": ("SPF", gettext_lazy("Which servers may send for the domain")),
    "dkim": ("DKIM", gettext_lazy("The key that mails are signed with")),
    "dmarc": ("DMARC", gettext_lazy("What becomes of mail that nobody vouches for")),
    "mx": ("MX", gettext_lazy("Who takes replies and bounces")),
    "reverse": (gettext_lazy("Reverse DNS"), gettext_lazy("The names of the addresses that mails come from")),
}
TONES = {
    "good": (gettext_lazy("Good"), "success"),
    "weak": (gettext_lazy("Could be better"), "warning"),
    "bad": (gettext_lazy("Wrong"), "danger"),
    "open": (gettext_lazy("Not known"), "neutral"),
}


class DomainForm(forms.ModelForm):
    class Meta:
        model = SenderDomain
        fields = ("selectors", "sending_hosts")

    def clean_selectors(self) -> str:
        return _read(read_selectors, self.cleaned_data["selectors"])

    def clean_sending_hosts(self) -> str:
        return _read(read_hosts, self.cleaned_data["sending_hosts"])


@admin.register(SenderDomain)
class SenderDomainAdmin(SigningPages, WarmUpPages, GrantedAdmin):
    """One page for all domains. A row comes and goes with its senders; nobody adds or deletes one."""

    resource = "crm.sender"
    form = DomainForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        again = self.admin_site.admin_view(require_POST(self.again))
        ours = [path("again/", again, name="crm_deliverability_again"), *self.signing_urls(), *self.warm_up_urls()]
        return [*ours, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self.page(request)

    def page(self, request: HttpRequest, wrong: tuple[int, WarmUpForm] | None = None) -> HttpResponse:
        """`wrong` is a sender and the form of its warm-up as it was typed, where something is the matter with it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        seen = domains_seen()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Deliverability"),
            "domains": [
                {"seen": one, "findings": [shown(found) for found in one.row.findings] if one.row else []}
                for one in seen
            ],
            "is_waiting": any(one.is_waiting for one in seen),
            "rates": [{"seen": one, "tone": TONES[one.state]} for one in rates_seen()],
            "limits": mailboxes,
            "paces": paces([sender for one in seen for sender in one.senders], timezone.now()),
            "warm_up": WarmUpForm(),
            "wrong_sender": wrong[0] if wrong else None,
            "wrong_form": wrong[1] if wrong else None,
            "may_change": self.has_change_permission(request),
            "may_add": may(request.user, "crm.sender", "add"),
        }
        return render(request, "admin/crm/senderdomain/page.html", context, status=422 if wrong else 200)

    def again(self, request: HttpRequest) -> HttpResponse:
        check_again(by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("Asked for. The answers appear here in a moment."))
        return HttpResponseRedirect(reverse("admin:crm_senderdomain_changelist"))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        describe_domain(obj, selectors=obj.selectors, sending_hosts=obj.sending_hosts, by=request.user)  # type: ignore[arg-type]


def shown(found: dict[str, Any]) -> dict[str, Any]:
    name, purpose = NAMES[found["check"]]
    label, tone = TONES[found["state"]]
    return {**found, "name": name, "purpose": purpose, "label": label, "tone": tone}


def _read(read: Callable[[str], str], said: str) -> str:
    try:
        return read(said)
    except CrmError as problem:
        raise ValidationError(problem.message) from None
