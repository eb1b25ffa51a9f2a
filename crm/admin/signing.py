"""Deliverability › Signing: the keys with which Tandem signs the mail of a domain, and the records to publish for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.actions.deliverability import check_domain
from crm.actions.signing import discard_signing_key, make_signing_key
from crm.errors import CrmError
from crm.models import Sender, SenderDomain, SigningKey
from crm.queries.signing import signers_of

TONES = {"waiting": "warning", "signing": "success", "stopped": "neutral"}
KEPT_AFTER = timedelta(days=7)
"""Mail may lie on the way for five days (RFC 5321, 4.5.4.1), and is checked when it arrives."""


@dataclass(frozen=True)
class KeySeen:
    key: SigningKey
    tone: str
    may_go_on: datetime | None
    """From when on the record of a stopped key may be taken out of DNS."""


class SigningPages:
    """Mixed into the admin of sender domains."""

    def signing_urls(self: Any) -> list[URLPattern]:
        view = self.admin_site.admin_view
        deeds = {"make": self.make_key, "check": self.check_key, "discard": self.discard_key}
        return [
            path("<int:pk>/signing/", view(self.signing), name="crm_senderdomain_signing"),
            *(
                path(f"<int:pk>/signing/{name}/", view(require_POST(deed)), name=f"crm_senderdomain_signing_{name}")
                for name, deed in deeds.items()
            ),
        ]

    def signing(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        domain = self._domain(request, pk)
        keys = list(domain.signing_keys.all())
        senders = list(
            Sender.objects.filter(email__iendswith=f"@{domain.domain}").order_by("-is_default", "name", "pk")
        )
        context = {
            **self.admin_site.each_context(request),
            "title": _("Signing mail from %s") % domain.domain,
            "domain": domain,
            "keys": [_seen(key) for key in keys],
            "signers": signers_of(senders),
            "signs": next((key for key in keys if key.status == SigningKey.Status.SIGNING), None),
            "is_one_waiting": any(key.status == SigningKey.Status.WAITING for key in keys),
            "is_asked": domain.asked_at is not None,
            "may_change": self.has_change_permission(request),
        }
        return render(request, "admin/crm/senderdomain/signing.html", context)

    def make_key(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        said = _("Made. Publish its record, then check.")
        return self._act(request, pk, said, lambda domain: make_signing_key(domain, by=request.user))  # type: ignore[arg-type]

    def check_key(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        said = _("Asked for. The answer appears here in a moment.")
        return self._act(request, pk, said, lambda domain: check_domain(domain, by=request.user))  # type: ignore[arg-type]

    def discard_key(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        def discard(domain: SenderDomain) -> None:
            key = get_object_or_404(domain.signing_keys, selector=request.POST.get("key", ""))
            discard_signing_key(key, by=request.user)  # type: ignore[arg-type]

        return self._act(request, pk, _("Gone. Its record may be taken out of DNS."), discard)

    def _act(self: Any, request: HttpRequest, pk: int, said: str, action: Any) -> HttpResponse:
        try:
            action(self._domain(request, pk))
            messages.success(request, said)
        except CrmError as problem:
            messages.error(request, problem.message)
        return HttpResponseRedirect(reverse("admin:crm_senderdomain_signing", args=[pk]))

    def _domain(self: Any, request: HttpRequest, pk: int) -> SenderDomain:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(SenderDomain, pk=pk)


def _seen(key: SigningKey) -> KeySeen:
    return KeySeen(key, TONES[key.status], key.stopped_at + KEPT_AFTER if key.stopped_at else None)
