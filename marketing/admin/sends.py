"""Sends in the admin: the page before (who, what, when), the live page after, and the people behind each number."""

from __future__ import annotations

from typing import Any

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
from crm.delivery import timing
from crm.delivery.contents import load
from crm.delivery.rendering import frame_of, preview
from crm.delivery.senders import as_from, default_sender
from crm.errors import CrmError, Invalid
from crm.models import Company, Contact, Message, Purpose
from crm.templatetags.ui import status_badge
from crm.web.lists import page_of
from marketing.actions.approvals import approve_send, may_approve, reject_send
from marketing.actions.audiences import members_of
from marketing.actions.experiments import choose_winner
from marketing.actions.send_control import cancel_send, pause_send, resume_send
from marketing.actions.sender_checks import asked_about, may_see_trust
from marketing.actions.sends import audience_of, start_send
from marketing.admin.insight_pages import InsightPages
from marketing.admin.send_forms import Asked
from marketing.admin.send_reasons import SendReasons
from marketing.models import Engagement, Experiment, MarketingEmail, Segment, Send, TextMessage
from marketing.models.experiments import LETTERS
from marketing.queries.experiments import numbers_of
from marketing.queries.numbers import messages_with
from marketing.queries.results import Results, results_of

CONTENTS: dict[str, type[MarketingEmail] | type[TextMessage]] = {"email": MarketingEmail, "text": TextMessage}
TONES = {
    "waiting": "warning",
    "scheduled": "info",
    "started": "success",
    "paused": "warning",
    "cancelled": "neutral",
    "rejected": "danger",
}
WILL_CHANGE = (Send.Status.SCHEDULED, Send.Status.WAITING)
NUMBERS = (
    ("total", "People"),
    ("sent", "Sent"),
    ("delivered", "Delivered"),
    ("opened", "Opened"),
    ("clicked", "Clicked"),
    ("replied", "Replied"),
    ("unsubscribed", "Unsubscribed"),
    ("complained", "Complained"),
    ("bounced_hard", "Bounced for good"),
    ("bounced_soft", "Bounced for now"),
    ("not_sent", "Not sent"),
)
LABELS = dict(NUMBERS) | {
    "waiting": "Waiting",
    "bounced": "Bounced",
    "opened_all": "Opened, machines too",
    "clicked_all": "Clicked, machines too",
}


@admin.register(Send)
class SendAdmin(InsightPages, SendReasons, RecordAdmin):
    """What was sent directly. Nothing is added or changed here: a send begins at its email or text."""

    list_display = ("live_page", "state", "due_at", "queued_count", "campaign", "owner")
    list_display_links = None
    list_filter = ("status", "campaign")
    list_select_related = ("email", "text_message", "campaign", "owner")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:marketing_send_live", args=[object_id]))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        deeds = {"cancel": self.cancel, "pause": self.pause, "resume": self.resume, "approve": self.approve}
        deeds |= {"reject": self.reject, "winner": self.winner}
        return [
            path("choose/", view(self.choose), name="marketing_send_choose"),
            path("new/<slug:kind>/<int:pk>/", view(self.new), name="marketing_send_new"),
            path("<int:pk>/live/", view(self.live), name="marketing_send_live"),
            path("<int:pk>/people/<slug:result>/", view(self.people), name="marketing_send_people"),
            *(
                path(f"<int:pk>/{name}/", view(require_POST(deed)), name=f"marketing_send_{name}")
                for name, deed in deeds.items()
            ),
            *self.insight_urls("send"),
            *self.reason_urls(),
            *super().get_urls(),
        ]

    def choose(self, request: HttpRequest) -> HttpResponse:
        """Which email goes to them? The door of a segment's page."""
        must_be_able_to_add(request.user, Send)
        wanted = request.GET.get("segment", "")
        segments = Segment.objects.alive().visible_to(request.user)
        emails = MarketingEmail.objects.alive().visible_to(request.user).filter(ready_version__gt=0)
        context = {
            **self.admin_site.each_context(request),
            "title": "Send an email to them",
            "segment": segments.filter(pk=wanted).first() if wanted.isdecimal() else None,
            "page": page_of(request, emails.filter(status=MarketingEmail.Status.READY).order_by("-updated_at", "-pk")),
        }
        return render(request, "admin/marketing/sends/choose.html", context)

    def new(self, request: HttpRequest, kind: str, pk: int) -> HttpResponse:
        """Who gets it, who is left out and why, how it reads, when; the button carries the number."""
        if kind not in CONTENTS:
            raise Http404
        content: Any = see_or_404(CONTENTS[kind], pk, request.user)
        content.must_be_editable_by(request.user)
        must_be_able_to_add(request.user, Send)
        asked = Asked(request, content)
        if request.method == "POST" and not asked.is_look and asked.is_valid:
            try:
                said = asked.send.cleaned_data
                send = start_send(content, **said, experiment=asked.plan(), by=request.user)  # type: ignore[arg-type]
                return HttpResponseRedirect(live_address(send))
            except CrmError as problem:
                asked.refuse(problem)
        to = asked.segments
        context = {
            **self.admin_site.each_context(request),
            "title": f"Send “{content}”",
            "content": content,
            "kind": kind,
            "form": asked.send,
            "test": asked.test,
            "variants": list(zip(LETTERS, asked.variants, strict=False)),
            "audience": audience_of(content, *to, excluded=asked.excluded) if to else None,
            "clocks": _clocks(asked),
            "limit": Company.objects.values_list("approve_sends_over", flat=True).first(),
            "examples": _examples(content, asked, request.user) if to else [],
            "doubt": asked_about(content.sender) if kind == "email" else None,
            "may_see_trust": may_see_trust(request.user),  # type: ignore[arg-type]
        }
        return render(request, "admin/marketing/sends/new.html", context, status=422 if asked.has_errors else 200)

    def live(self, request: HttpRequest, pk: int) -> HttpResponse:
        send = self._see(request, pk)
        results = results_of(send)
        experiment = Experiment.objects.filter(send=send).select_related("send", "decided_by").first()
        is_part = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
        context = {
            **({} if is_part else self.admin_site.each_context(request)),
            "title": str(send),
            "send": send,
            "tone": TONES[send.status],
            "results": results,
            "numbers": _numbers(results),
            "is_live": not send.is_over and (send.status in WILL_CHANGE or results.is_running or _is_young(send)),
            "may_change": self.has_change_permission(request, send),
            "may_approve": send.status == Send.Status.WAITING and may_approve(send, request.user),  # type: ignore[arg-type]
            "experiment": experiment,
            "test": numbers_of(experiment) if experiment and send.started_at else None,
        }
        template = "admin/marketing/sends/_numbers.html" if is_part else "admin/marketing/sends/live.html"
        return render(request, template, context)

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._do(request, pk, cancel_send, "Stopped. What had not gone out yet stays unsent.")

    def pause(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._do(request, pk, pause_send, "Paused. What has not gone out yet waits.")

    def resume(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._do(request, pk, resume_send, "It goes on.")

    def approve(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._do(request, pk, approve_send, "Approved.")

    def reject(self, request: HttpRequest, pk: int) -> HttpResponse:
        reason = request.POST.get("reason", "")
        return self._do(request, pk, reject_send, "Rejected. Whoever asked is told why.", reason=reason)

    def winner(self, request: HttpRequest, pk: int) -> HttpResponse:
        def choose(send: Send, *, by: Any) -> None:
            experiment = Experiment.objects.filter(send=send).select_related("send").first()
            if experiment is None:
                raise Invalid("This send tests no variants.")
            choose_winner(experiment, request.POST.get("winner", ""), by=by)

        return self._do(request, pk, choose, "Chosen. The others get it now.")

    def _do(self, request: HttpRequest, pk: int, action: Any, sentence: str, **said: Any) -> HttpResponse:
        send = self._see(request, pk)
        try:
            action(send, by=request.user, **said)
            messages.success(request, sentence)
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
            Send.objects.select_related("email", "text_message", "campaign", "owner", "decided_by"), pk, request.user
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


def _clocks(asked: Asked) -> Any:
    """By what the readers' clocks are known, where their own time decides and one is typed."""
    form = asked.send
    if not (asked.segments and form.is_bound and form.is_valid()):
        return None
    said = form.cleaned_data
    if said["timing"] == Send.Timing.USUAL:
        people = members_of(*asked.segments, excluded=asked.excluded)
        known = Engagement.objects.filter(contact__in=people.values("pk")).exclude(usual_hour=None).count()
        return {"usual": known, "others": people.count() - known}
    if said["timing"] != Send.Timing.LOCAL or not said["due_at"]:
        return None
    people = members_of(*asked.segments, excluded=asked.excluded)
    wall = timezone.localtime(said["due_at"]).replace(tzinfo=None)
    return {"local": timing.clocks_of(timing.places_of(people), wall, timezone.now())}


def _examples(content: Any, asked: Asked, user: Any) -> list[dict[str, Any]]:
    """How it reads for three real people of the audience whom `user` may see."""
    if not content.ready_version:
        return []
    source = load(
        "marketing.email" if isinstance(content, MarketingEmail) else "marketing.text",
        content.pk,
        content.ready_version,
    )
    sender = as_from(content.sender or default_sender())
    rows, frame = [], frame_of(sender, is_commercial=content.purpose != Purpose.TRANSACTIONAL)
    people = members_of(*asked.segments, excluded=asked.excluded)
    for contact in people.filter(pk__in=Contact.objects.visible_to(user)).order_by("pk")[:3]:
        read = preview(source, contact, frame=frame)
        rows.append({"contact": contact, "subject": read.subject, "text": read.text})
    return rows
