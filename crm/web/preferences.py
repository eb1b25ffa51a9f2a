"""Leaving, and choosing: unsubscribe and preferences by a signed link that never expires.

GET shows and never changes anything, because scanners follow links; POST does, also by one click from the mail
program (RFC 8058). The token is the proof that the address is hers, so no sign-in and no CSRF token are asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crm.actions.consent import contact_point, give_consent, withdraw_consent
from crm.delivery import tokens
from crm.log.recording import record
from crm.models import Company, Consent, ContactPoint, Message, Purpose, Topic
from crm.web.tracking import broken_link


@dataclass(frozen=True)
class Choice:
    """One box on the page: a purpose, or a topic within the commercial one."""

    name: str
    label: str
    help_text: str
    purpose: str
    topic: Topic | None
    is_on: bool


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    message = _message_of(token)
    if message is None:
        return broken_link(request)
    if request.method == "POST":
        leave(message, is_one_click=request.POST.get("List-Unsubscribe") == "One-Click")
    context = {
        "message": message,
        "token": token,
        "company": Company.objects.first(),
        "is_done": request.method == "POST",
    }
    return render(request, "crm/delivery/unsubscribe.html", context)


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    message = _message_of(token)
    if message is None:
        return broken_link(request)
    point = contact_point(message.address, message.channel)
    choices = _choices(point)
    if request.method == "POST":
        _choose(point, choices, set(request.POST.getlist("choice")))
        return redirect(f"{request.path}?saved=1")
    context = {
        "message": message,
        "choices": choices,
        "company": Company.objects.first(),
        "is_saved": request.GET.get("saved") == "1",
    }
    return render(request, "crm/delivery/preferences.html", context)


@transaction.atomic
def leave(message: Message, *, is_one_click: bool) -> None:
    """No more commercial messages to this address; a second time changes nothing."""
    point = contact_point(message.address, message.channel)
    if Consent.objects.filter(
        point=point, purpose=Purpose.COMMERCIAL, topic=None, is_current=True, granted=False
    ).exists():
        return
    how = _("One click in the mail program") if is_one_click else _("Unsubscribe page")
    withdraw_consent(point, purpose=Purpose.COMMERCIAL, source=how, proof={"message": message.pk})
    if message.contact_id and message.channel == "email":
        record(
            "email.unsubscribed",
            contact=message.contact_id,
            source=(message.content_type, message.content_id),
            campaign=message.campaign_id,
            message=message,
            data={"how": how},
        )


def _message_of(token: str) -> Message | None:
    pk = tokens.read_leaving(token)
    return Message.objects.filter(pk=pk).first() if pk is not None else None


def _choices(point: ContactPoint) -> list[Choice]:
    """Commercial is on where she said yes; a topic is on unless she left it; tracking is on unless she declined."""
    said = {
        (consent.purpose, consent.topic_id): consent.granted
        for consent in Consent.objects.filter(point=point, is_current=True)
    }
    commercial, tracking = Purpose.COMMERCIAL.value, Purpose.TRACKING.value
    return [
        Choice("commercial", _("News and offers"), _("Invitations, product news, offers."), commercial, None,
               said.get((commercial, None), False)),
        *(
            Choice(f"topic-{topic.pk}", topic.name, topic.description, commercial, topic,
                   said.get((commercial, topic.pk), True))
            for topic in Topic.objects.all()
        ),
        Choice("tracking", _("Let us see what interests you"), _("Opens and clicks are counted for you."), tracking, None,
               said.get((tracking, None), True)),
    ]  # fmt: skip


@transaction.atomic
def _choose(point: ContactPoint, choices: list[Choice], chosen: set[str]) -> None:
    """Only what changed becomes a line of the ledger."""
    for choice in choices:
        wanted = choice.name in chosen
        if wanted == choice.is_on:
            continue
        decide = give_consent if wanted else withdraw_consent
        decide(point, purpose=choice.purpose, topic=choice.topic, source=_("Preferences page"), text_shown=choice.label)
