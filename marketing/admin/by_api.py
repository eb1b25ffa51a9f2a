"""“Send by API” at an email: the line that a program needs, the values it gives, and what was sent so."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from crm.access.depths import may
from crm.admin.messages import TONES
from crm.delivery.purposes import is_free
from crm.models import Contact, Message
from crm.web.lists import page_of
from marketing.actions.transactional import why_not_by_api
from marketing.blocks.values import examples, named
from marketing.models import MarketingEmail, TransactionalEmail
from marketing.models.transactional import RESOURCE
from marketing.queries.transactional import with_happenings
from marketing.queries.wants import wants_of_ready

KINDS = {"text": "Text or number", "link": "Link", "number": "Number", "list": "List", "any": "Text, number or list"}


class ByApi:
    """Mixin of the admin of emails."""

    admin_site: Any

    def by_api_urls(self: Any) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [path("<int:pk>/by-api/", view(self.by_api), name="marketing_marketingemail_by_api")]

    def by_api(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        """How it is sent, and a page of what was."""
        email = self.see(request, pk)
        sent = TransactionalEmail.objects.visible_to(request.user).filter(email=email)
        status = request.GET.get("status", "")
        if status in Message.Status.values:
            sent = sent.filter(message__status=status)
        page = page_of(request, with_happenings(sent).order_by("-pk").select_related("message__contact"))
        wants = wants_of_ready(email)
        ids = {one.message.contact_id for one in page}
        context = {
            **self.admin_site.each_context(request),
            "title": email.name,
            "email": email,
            "why_not": why_not_by_api(email),
            "curl": curl_of(email, wants),
            "values": [(name, KINDS[kind], is_needed) for name, kind, is_needed in named(wants)],
            "may_send": may(request.user, RESOURCE, "add"),
            "may_see_sent": may(request.user, RESOURCE, "view"),
            "may_change": self.has_change_permission(request, email),
            "page": page,
            "seen": set(Contact.objects.visible_to(request.user).filter(pk__in=ids).values_list("pk", flat=True)),
            "rows": [(one, TONES[one.message.status]) for one in page],
            "status": status,
            "statuses": [one for one in Message.Status.choices if one[0] != Message.Status.HELD],
        }
        return render(request, "admin/marketing/emails/by_api.html", context)


def curl_of(email: MarketingEmail, wants: dict[str, Any]) -> str:
    """Ready to be pasted into a shell; the token is read from its environment."""
    data = examples(wants, mark="{}")
    body = {"email": email.api_name or email.pk, "address": "asha@customer.example", **({"data": data} if data else {})}
    said = json.dumps(body, ensure_ascii=False, indent=2).replace("'", "'\\''")
    return (
        f"curl -X POST {settings.PUBLIC_URL}/api/v1/transactional-emails/ \\\n"
        '  -H "Authorization: Bearer $TANDEM_TOKEN" \\\n'
        '  -H "Idempotency-Key: order-1001" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d '{said}'"
    )


def by_api_box(email: MarketingEmail) -> dict[str, Any] | None:
    """What the designer says of it beside the email; None where its purpose needs consent."""
    if not is_free(email.purpose):
        return None
    wants = wants_of_ready(email)
    return {
        "why_not": why_not_by_api(email),
        "curl": curl_of(email, wants),
        "values": [(name, is_needed) for name, _, is_needed in named(wants)],
        "address": reverse("admin:marketing_marketingemail_by_api", args=[email.pk]),
    }
