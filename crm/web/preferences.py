"""Leaving, and choosing: unsubscribe and preferences by a signed link that never expires.

GET shows and never changes anything, because scanners follow links; POST does, also by one click from the mail
program (RFC 8058). The token is the proof that the address is hers, so no sign-in and no CSRF token are asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from crm.actions.preferences import choose, leave, purpose_left, say_why, undo_leaving
from crm.delivery import tokens
from crm.delivery.purposes import purpose_name
from crm.languages import as_shipped, for_visitors, in_house, shipped, spoken
from crm.models import Company, Message, PreferencePage
from crm.queries.preferences import languages_of, page_in, reaches_of
from crm.web.tracking import broken_link

REASONS = (
    shipped("Too many messages"),
    shipped("Not interesting for me"),
    shipped("I never asked for them"),
    shipped("I have another address"),
)
"""Kept as they stand here, so that one reason is one, whatever language it was chosen in."""


@for_visitors
@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    message = _message_of(token)
    if message is None:
        return broken_link(request)
    step, texts = "ask", texts_for(request, message)
    with translation.override(texts.spoken):
        if request.method == "POST":
            with in_house():
                step = _step(request, message)
        context = {
            **frame_of(message, texts.page),
            "token": token,
            "step": step,
            "purpose": as_shipped(purpose_name(purpose_left(message))),
        }
        return render(request, "crm/delivery/unsubscribe.html", context)


def _step(request: HttpRequest, message: Message) -> str:
    """What was posted: leave (also by one click), undo it, or the reason."""
    match request.POST.get("do", ""):
        case "undo":
            return "undone" if undo_leaving(message) else "ask"
        case "why":
            say_why(message, " ".join([request.POST.get("reason", ""), request.POST.get("words", "")]))
            return "thanks"
    leave(message, is_one_click=request.POST.get("List-Unsubscribe") == "One-Click")
    return "done"


@for_visitors
@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    message = _message_of(token)
    if message is None:
        return broken_link(request)
    texts = texts_for(request, message)
    with translation.override(texts.spoken):
        reaches = reaches_of(message)
        if request.method == "POST":
            with in_house():
                choose(reaches, set(request.POST.getlist("choice")), message=message)
            return redirect(f"{request.path}?saved=1")
        context = {**frame_of(message, texts.page), "reaches": reaches, "is_saved": request.GET.get("saved") == "1"}
        return render(request, "crm/delivery/preferences.html", context)


@cache_control(max_age=3600, public=True)
@require_safe
def logo(request: HttpRequest) -> HttpResponse:
    """The picture at the head of the page."""
    page = PreferencePage.objects.filter(language="", logo__isnull=False).first()
    if page is None:
        raise Http404
    return HttpResponse(
        bytes(page.logo or b""), content_type=page.logo_type, headers={"X-Content-Type-Options": "nosniff"}
    )


@dataclass(frozen=True)
class Texts:
    """The company's texts for a reader, and the language of all the other words: theirs, where the program speaks it."""

    page: PreferencePage
    spoken: str


def texts_for(request: HttpRequest, message: Message) -> Texts:
    languages = languages_of(message, request.headers.get("Accept-Language", ""))
    page = page_in(languages)
    return Texts(page, spoken([page.language, *languages]))


def frame_of(message: Message, texts: PreferencePage) -> dict[str, Any]:
    """What both pages are drawn with."""
    return {
        "message": message,
        "company": Company.objects.first(),
        "texts": texts,
        "heading": as_shipped(texts.heading),
        "thanks": as_shipped(texts.thanks),
        "has_logo": bool(texts.logo_type),
        "reasons": [(reason, as_shipped(reason)) for reason in REASONS],
    }


def _message_of(token: str) -> Message | None:
    pk = tokens.read_leaving(token)
    known = Message.objects.select_related("contact").exclude(address="")  # of a person who was forgotten
    return known.filter(pk=pk).first() if pk is not None else None
