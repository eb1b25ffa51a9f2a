"""/hooks/<service>: what email services tell of our mails. They prove themselves by a secret; without one the door is shut.

django-anymail knows how each of them signs and what it calls a bounce. The events are committed as they came, and judged
afterwards by a reader (crm/actions/reports.py).
"""

from __future__ import annotations

import logging
import warnings
from functools import cache
from typing import Any

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.webhooks.base import AnymailBaseWebhookView
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crm.actions.reports import keep_events, keep_unreadable
from crm.integrations.email_service import OUR_NAME
from crm.mailbox.reports import STATUS, kind_of

log = logging.getLogger(__name__)

SERVICES = {
    "brevo": "brevo.BrevoTrackingWebhookView",
    "mailersend": "mailersend.MailerSendTrackingWebhookView",
    "mailgun": "mailgun.MailgunTrackingWebhookView",
    "mailjet": "mailjet.MailjetTrackingWebhookView",
    "mailtrap": "mailtrap.MailtrapTrackingWebhookView",
    "mandrill": "mandrill.MandrillCombinedWebhookView",
    "postal": "postal.PostalTrackingWebhookView",
    "postmark": "postmark.PostmarkTrackingWebhookView",
    "resend": "resend.ResendTrackingWebhookView",
    "sendgrid": "sendgrid.SendGridTrackingWebhookView",
    "sparkpost": "sparkpost.SparkPostTrackingWebhookView",
    "unisender-go": "unisender_go.UnisenderGoTrackingWebhookView",
}
DEAD = ("bounced", "invalid")
LARGEST_BODY = 2_000_000


@csrf_exempt
@require_http_methods(["POST", "HEAD", "GET"])
def hook(request: HttpRequest, service: str) -> HttpResponse:
    """Answers 200 once everything is stored; 403 to whoever does not know the secret."""
    if service not in SERVICES or not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        raise Http404
    if request.method != "POST":
        return HttpResponse(status=200 if request.method == "HEAD" else 405)
    if len(request.body) > LARGEST_BODY:
        return HttpResponse(status=413)
    now = timezone.now()
    with warnings.catch_warnings():  # that a service is no longer looked after by anymail is said in its documentation
        warnings.simplefilter("ignore")
        view = _view(service)()
    try:
        view.run_validators(request)
    except AnymailWebhookValidationFailure:
        return HttpResponse(status=403)
    try:
        events = [told for event in view.parse_events(request) if (told := _told(event))]
    except Exception as problem:  # whatever a service may send: kept and looked into, rather than sent again for days
        log.warning("An event of %s could not be read: %s", service, problem)
        keep_unreadable(service, request.body, _("It could not be read: %s.") % type(problem).__name__, now)
        return HttpResponse()
    keep_events(service, events, now)
    return HttpResponse()


@cache
def _view(service: str) -> type[AnymailBaseWebhookView]:
    kind: type[AnymailBaseWebhookView] = import_string(f"anymail.webhooks.{SERVICES[service]}")
    return kind


def _told(event: Any) -> dict[str, Any] | None:
    """An event as we keep it; None for one that says nothing about an address (sent, opened, put off)."""
    reason = event.mta_response or event.description or event.reject_reason or ""
    code = next(iter(STATUS.findall(str(event.mta_response or event.description or ""))), "")
    match event.event_type:
        case "complained":
            kind = "complaint"
        case "unsubscribed":
            kind = "left"
        case "bounced" | "rejected" | "failed":
            if event.reject_reason == "spam" and event.event_type == "rejected":
                kind = "complaint"
            elif event.reject_reason == "unsubscribed":
                kind = "left"
            elif code:
                kind = kind_of(code)
            else:
                kind = "hard" if event.reject_reason in DEAD else "soft"
        case _:
            return None
    return {
        "kind": kind,
        "address": event.recipient,
        "ref": (event.metadata or {}).get(OUR_NAME) or event.message_id,  # our own Message-ID, where it was kept
        "code": code,
        "reason": reason,
        "id": event.event_id,
        "at": event.timestamp,
        "raw": event.esp_event,
    }
