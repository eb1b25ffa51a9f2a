"""Sends in the admin: the page before (who, what, when), the live page after, and the people behind each number."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from crm.access.see import must_be_able_to_add, see_or_404
from crm.admin.base import RecordAdmin
from crm.delivery.contents import load
from crm.delivery.rendering import preview
from crm.delivery.senders import as_from, default_sender
from crm.errors import CrmError
from crm.models import Contact, Message
from crm.templatetags.ui import status_badge
from crm.web.lists import page_of
from marketing.actions.sends import audience_of, cancel_send, members_of, start_send
from marketing.models import MarketingEmail, Segment, Send, TextMessage
from marketing.queries.results import Results, messages_with, results_of

CONTENTS: dict[str, type[MarketingEmail] | type[TextMessage]] = {"email": MarketingEmail, "text": TextMessage}
TONES = {"scheduled": "info", "started": "success", "cancelled": "warning"}
NUMBERS = (
    ("total", "People"),
    ("sent", "Sent"),
    ("delivered", "Delivered"),
    ("opened", "Opened"),
    ("clicked", "Clicked"),
    ("unsubscribed", "Unsubscribed"),
    ("bounced", "Bounced"),
    ("not_sent", "Not sent"),
)
LABELS = dict(NUMBERS) | {
    "waiting": "Waiting",
    "opened_all": "Opened, machines too",
    "clicked_all": "Clicked, machines too",
}


class SendForm(forms.Form):
    segment = forms.ModelChoiceField(Segment.objects.none(), label="To the segment", empty_label="Choose a segment…")
    due_at = forms.DateTimeField(
        label="When",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="Empty: now. Otherwise in your time zone; the people are those in the segment at that time.",
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["segment"].queryset = Segment.objects.visible_to(user)  # type: ignore[attr-defined]


@admin.register(Send)
class SendAdmin(RecordAdmin):
    """What was sent directly. Nothing is added or changed here: a send begins at its email or text."""

    list_display = ("live_page", "state", "due_at", "queued_count", "campaign", "owner")
    list_display_links = None
    list_filter = ("status", "campaign")
    list_select_related = ("email", "text_message", "segment", "campaign", "owner")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:marketing_send_live", args=[object_id]))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("new/<slug:kind>/<int:pk>/", view(self.new), name="marketing_send_new"),
            path("<int:pk>/live/", view(self.live), name="marketing_send_live"),
            path("<int:pk>/cancel/", view(require_POST(self.cancel)), name="marketing_send_cancel"),
            path("<int:pk>/people/<slug:result>/", view(self.people), name="marketing_send_people"),
            *super().get_urls(),
        ]

    def new(self, request: HttpRequest, kind: str, pk: int) -> HttpResponse:
        """Who gets it, who is left out and why, how it reads, when; the button carries the number."""
        if kind not in CONTENTS:
            raise Http404
        content: Any = see_or_404(CONTENTS[kind], pk, request.user)
        content.must_be_editable_by(request.user)
        must_be_able_to_add(request.user, Send)
        form = SendForm(request.POST or None, user=request.user, initial={"segment": request.GET.get("segment")})
        segment = self._segment(request, form)
        if request.method == "POST" and form.is_valid():
            try:
                send = start_send(content, **form.cleaned_data, by=request.user)  # type: ignore[arg-type]
                return HttpResponseRedirect(live_address(send))
            except CrmError as problem:
                form.add_error(problem.field if problem.field in form.fields else None, problem.message)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Send “{content}”",
            "content": content,
            "kind": kind,
            "form": form,
            "segment": segment,
            "audience": audience_of(content, segment) if segment else None,
            "examples": _examples(content, segment) if segment else [],
        }
        return render(request, "admin/marketing/sends/new.html", context, status=422 if form.errors else 200)

    def _segment(self, request: HttpRequest, form: SendForm) -> Segment | None:
        wanted = request.POST.get("segment") or request.GET.get("segment") or ""
        return Segment.objects.visible_to(request.user).filter(pk=wanted).first() if wanted.isdigit() else None

    def live(self, request: HttpRequest, pk: int) -> HttpResponse:
        send = self._see(request, pk)
        results = results_of(messages_of(send))
        is_part = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
        context = {
            **({} if is_part else self.admin_site.each_context(request)),
            "title": str(send),
            "send": send,
            "tone": TONES[send.status],
            "results": results,
            "numbers": _numbers(results),
            "is_live": send.status == Send.Status.SCHEDULED or results.is_running or _is_young(send),
            "may_change": self.has_change_permission(request, send),
        }
        template = "admin/marketing/sends/_numbers.html" if is_part else "admin/marketing/sends/live.html"
        return render(request, template, context)

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        send = self._see(request, pk)
        try:
            cancel_send(send, by=request.user)  # type: ignore[arg-type]
            messages.success(request, "Stopped. What had not gone out yet stays unsent.")
        except CrmError as problem:
            messages.error(request, problem.message)
        return HttpResponseRedirect(live_address(send))

    def people(self, request: HttpRequest, pk: int, result: str) -> HttpResponse:
        """The people behind a number; those whom the reader may not see are counted, not named."""
        send = self._see(request, pk)
        if result not in LABELS:
            raise Http404
        found = messages_with(messages_of(send), result)
        seen = found.filter(contact__in=Contact.objects.visible_to(request.user))
        context = {
            **self.admin_site.each_context(request),
            "title": f"{LABELS[result]}: {send}",
            "send": send,
            "page": page_of(request, seen.select_related("contact").order_by("pk")),
        }
        return render(request, "admin/marketing/sends/people.html", context)

    def _see(self, request: HttpRequest, pk: int) -> Send:
        return see_or_404(
            Send.objects.select_related("email", "text_message", "segment", "campaign", "owner"), pk, request.user
        )

    @admin.display(description="Send")
    def live_page(self, send: Send) -> SafeString:
        return format_html('<a href="{}">{}</a>', live_address(send), send)

    @admin.display(description="Status", ordering="status")
    def state(self, send: Send) -> SafeString:
        return status_badge(send.get_status_display(), TONES[send.status])


def messages_of(send: Send) -> Any:
    return Message.objects.filter(send_key=send.send_key)


def live_address(send: Send) -> str:
    return reverse("admin:marketing_send_live", args=[send.pk])


def _is_young(send: Send) -> bool:
    """In the first minutes after the last message opens and clicks come by the second; then the page may rest."""
    return bool(send.started_at and (timezone.now() - send.started_at).total_seconds() < 900)


def _numbers(results: Results) -> list[dict[str, Any]]:
    rows = []
    for name, label in NUMBERS:
        count = getattr(results, name)
        everybody = getattr(results, f"{name}_all", None)
        rows.append(
            {
                "name": name,
                "label": label,
                "count": count,
                "all": everybody if everybody != count else None,
                "share": results.share(count) if name in ("opened", "clicked", "unsubscribed") else None,
            }
        )
    return rows


def _examples(content: Any, segment: Segment) -> list[dict[str, Any]]:
    """How it reads for three real people of the segment."""
    if not content.ready_version:
        return []
    source = load(
        "marketing.email" if isinstance(content, MarketingEmail) else "marketing.text",
        content.pk,
        content.ready_version,
    )
    rows, sender = [], as_from(content.sender or default_sender())
    for contact in members_of(segment).order_by("pk")[:3]:
        read = preview(source, contact, purpose=content.purpose, sender=sender)
        rows.append({"contact": contact, "subject": read.subject, "text": read.text})
    return rows
