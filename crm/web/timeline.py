"""The timeline of a record: one of its streams, what holds some words, older lines."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render

from crm.actions.visits import note_visit
from crm.queries.named import record_named
from crm.queries.timeline import Stream, Subject, mark_new, timeline_of
from crm.web.requests import SignedIn


@login_required
def timeline(request: SignedIn, label: str) -> HttpResponse:
    """The lines alone, for the timeline on the record's page: `show` is a stream, `words` narrow it, `before` continues it."""
    record = record_named(label, request.user)
    stream, words = request.GET.get("show", ""), request.GET.get("words", "")
    stream = stream if stream in Stream.values else Stream.HAPPENED
    page = timeline_of(record, request.user, before=request.GET.get("before", ""), stream=stream, words=words)
    mark_new(page, note_visit(request.user, record), request.user)
    context: dict[str, Any] = {"page": page, "subject": Subject.of(record), "show": stream, "words": words}
    return render(request, "ui/_happenings.html", context)
