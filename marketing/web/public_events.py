"""/e/<slug>/: the page of an event with its registration, what to read afterwards, and its calendar file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from crm.access import may
from crm.errors import Invalid
from crm.languages import for_visitors
from marketing.actions.registrations import seats_left, why_closed
from marketing.actions.visits import Guest, record_visit
from marketing.answers import AnswerForm
from marketing.calendars import calendar_file, when_of, where_of
from marketing.models import Event, EventStatus, Form, Registration
from marketing.web import form_tokens
from marketing.web.answering import receive
from marketing.web.guests import guest_of, remember
from marketing.web.public_forms import blank_answer, page_facts, show_form, thank, too_much, words_of


@for_visitors
@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def event_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The event; while it takes guests, with the form. Every visit is written to the log."""
    event = see_event(request, slug)
    guest = guest_of(request)
    if request.method == "POST" and event.form:
        return remember(_registered(request, event, event.form, guest), guest)
    note_visit(request, event, guest, page="event")
    shown_to = replace(guest, contact=None) if "another" in request.GET else guest
    return remember(_show(request, event, shown_to), guest)


@for_visitors
@never_cache
@require_safe
def event_materials(request: HttpRequest, slug: str) -> HttpResponse:
    """Slides and recordings: a reason to come back, and every coming back is written to the log."""
    event = see_event(request, slug)
    guest = guest_of(request)
    note_visit(request, event, guest, page="materials")
    context = {**event_facts(request, event), "materials": event.materials.all()}
    return remember(render(request, "marketing/public/materials.html", context), guest)


@for_visitors
@require_safe
def event_thanks(request: HttpRequest, slug: str) -> HttpResponse:
    """Where a registration leads; it looks the same for everybody, so it tells nothing about anybody."""
    event = see_event(request, slug)
    words = words_of(event.form) if event.form else {}
    return render(request, "marketing/public/registered.html", {**event_facts(request, event), **words})


@for_visitors
@require_safe
def event_calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """The calendar file for everybody: without the link to join, which only guests are told."""
    event = see_event(request, slug)
    headers = {"Content-Disposition": f'attachment; filename="{event.slug}.ics"'}
    return HttpResponse(calendar_file(event, now=timezone.now()), content_type="text/calendar", headers=headers)


def see_event(request: HttpRequest, slug: str) -> Event:
    """A draft is there only for who may see events in Tandem; for the world it does not exist yet."""
    event = Event.objects.alive().select_related("form").filter(slug=slug).first()
    if event is None or (event.status == EventStatus.DRAFT and not may(request.user, "marketing.event", "view")):
        raise Http404
    return event


def note_visit(request: HttpRequest, event: Event, guest: Guest, *, page: str) -> None:
    """Looking at a draft is no visit, and neither is asking for the head of a page."""
    if request.method == "GET" and event.status != EventStatus.DRAFT:
        record_visit(guest, event, page=page, campaign=event.campaign_id, address=request.build_absolute_uri())


def event_facts(request: HttpRequest, event: Event) -> dict[str, Any]:
    return {
        **page_facts(request),
        "event": event,
        "when": when_of(event),
        "where": where_of(event, guest=False),
        "starts": event.starts_at.astimezone(event.zone),
    }


def _show(request: HttpRequest, event: Event, guest: Guest) -> HttpResponse:
    answer = blank_answer(event.form, guest) if event.form else None
    token = form_tokens.issue(event.form) if event.form else ""
    return _page(request, event, guest, answer, token)


def _page(
    request: HttpRequest, event: Event, guest: Guest, answer: AnswerForm | None, token: str, status: int = 200
) -> HttpResponse:
    facts = {
        **event_facts(request, event),
        "closed": why_closed(event, timezone.now()),
        "seats_left": seats_left(event),
        "speakers": event.speakers.all(),
        "has_materials": event.materials.exists(),
        "known": guest.contact,
        "is_registered": is_registered(event, guest),
        "template": "marketing/public/event.html",
    }
    if answer is None or event.form is None:
        return render(request, facts.pop("template"), facts, status=status)
    return show_form(request, event.form, answer, token, status=status, **facts)


def is_registered(event: Event, guest: Guest) -> bool:
    if guest.contact is None:
        return False
    return Registration.objects.taking_a_seat().filter(event=event, contact=guest.contact).exists()


def _registered(request: HttpRequest, event: Event, form: Form, guest: Guest) -> HttpResponse:
    try:
        reply = receive(request, form, guest)
    except Invalid as problem:
        return too_much(request, problem)
    if reply.submission is None:
        return _page(request, event, guest, reply.answer, reply.token, reply.status)
    if form.redirect_url:
        return thank(request, form)
    return HttpResponseRedirect(reverse("marketing:event-thanks", args=[event.slug]))
