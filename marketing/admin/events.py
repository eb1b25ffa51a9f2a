"""Events in the admin: the form, the live page with its buttons, registrations to read, tick off and download."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet, TextField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from django_fsm import can_proceed

from crm.access import may
from crm.access.see import see_or_404
from crm.admin.base import GrantedAdmin, RecordAdmin
from crm.admin.controls import TableInline
from crm.admin.lists import TeachingList, ToTheBin
from crm.errors import CrmError, Invalid
from crm.models import Company
from marketing.actions.confirmations import check_confirmation
from marketing.actions.events import cancel_event, copy_event, finish_event, free_slug, give_form, publish_event
from marketing.actions.registrations import cancel_registrations, mark_attended, seats_left
from marketing.calendars import public_url, when_of
from marketing.exports import registrations_csv
from marketing.models import Event, EventMaterial, Form, Registration, Speaker
from marketing.models.links import WebLink
from marketing.queries.registrations import counts_of, days_of

TONES = {"draft": "neutral", "live": "success", "done": "info", "cancelled": "danger"}
VERBS: dict[str, tuple[Callable[..., Event], str]] = {
    "publish": (publish_event, "“{}” is live: people can register now."),
    "finish": (finish_event, "“{}” is closed. Its pages stay."),
    "cancel": (cancel_event, "“{}” is cancelled. Its page says so."),
    "copy": (copy_event, "“{}” is a draft of its own."),
}


class Moment(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class EventForm(forms.ModelForm):
    """An event's form. Its times are typed in the event's own time zone."""

    slug = forms.SlugField(
        label="Address",
        max_length=80,
        required=False,
        help_text="The end of its public address: /e/…/. Empty: made of the title.",
    )
    time_zone = forms.ChoiceField(
        choices=lambda: [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())],
        help_text="The times above are meant in this zone, and guests see them so.",
    )

    class Meta:
        model = Event
        fields = [
            "kind", "title", "slug", "summary", "description", "starts_at", "ends_at", "time_zone", "location",
            "join_url", "capacity", "campaign", "form", "confirmation_subject", "confirmation_text", "owner", "team",
        ]  # fmt: skip
        widgets = {
            "summary": forms.Textarea(attrs={"rows": 2}),
            "description": forms.Textarea(attrs={"rows": 8}),
            "confirmation_text": forms.Textarea(attrs={"rows": 12}),
            "join_url": forms.URLInput(attrs={"class": "vTextField"}),
        }

    starts_at = forms.DateTimeField(label="Starts at", widget=Moment)
    ends_at = forms.DateTimeField(label="Ends at", widget=Moment)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("starts_at", "ends_at"):
                self.initial[name] = getattr(self.instance, name).astimezone(self.instance.zone).replace(tzinfo=None)
        else:
            company = Company.objects.first()
            self.initial.setdefault("time_zone", company.time_zone if company else "UTC")
        if "form" in self.fields:
            free = Form.objects.alive().filter(Q(event=None) | Q(event=self.instance.pk))
            self.fields["form"].queryset = free  # type: ignore[attr-defined]

    def clean_slug(self) -> str:
        return self.cleaned_data["slug"] or free_slug(Event, self.cleaned_data.get("title", ""))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if zone := data.get("time_zone"):
            for name in ("starts_at", "ends_at"):
                if data.get(name):
                    data[name] = _as_typed_in(data[name], zone)
        if data.get("starts_at") and data.get("ends_at") and data["ends_at"] <= data["starts_at"]:
            self.add_error("ends_at", "An event ends after it starts.")
        self._check_texts(data)
        return data

    def _check_texts(self, data: dict[str, Any]) -> None:
        texts = {name: data.get(name, "") for name in ("confirmation_subject", "confirmation_text")}
        try:
            check_confirmation(Event(title=data.get("title", ""), **texts))
        except Invalid as problem:
            self.add_error(problem.field, problem.message)


def _as_typed_in(moment: datetime, zone: str) -> datetime:
    """Django read what was typed in the reader's zone; it was meant in the event's."""
    return timezone.make_naive(moment).replace(tzinfo=ZoneInfo(zone))


class PartOfEvent(TableInline):
    """Rows that belong to an event: who may change it may change them."""

    extra = 0
    formfield_overrides = {
        TextField: {"widget": forms.Textarea(attrs={"rows": 2})},
        WebLink: {"widget": forms.URLInput(attrs={"class": "vTextField"})},
    }

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, "marketing.event", "view")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, "marketing.event", "change")

    has_add_permission = has_delete_permission = has_change_permission


class SpeakerInline(PartOfEvent):
    model = Speaker


class MaterialInline(PartOfEvent):
    model = EventMaterial
    verbose_name_plural = "slides, recordings and reading"


@admin.register(Event)
class EventAdmin(TeachingList, ToTheBin, RecordAdmin):
    empty_title = "No events yet"
    empty_sentence = "A webinar or a meeting gets a public page with its registration; who comes is written to the log."
    empty_button = "Plan an event"
    empty_picture = "calendar-event"
    form = EventForm
    inlines = (SpeakerInline, MaterialInline)
    list_display = ("live_page", "state", "kind", "starts_at", "registered", "campaign", "owner")
    list_display_links = None
    list_filter = ("status", "kind", "campaign")
    search_fields = ("title", "slug")
    list_select_related = ("campaign", "owner")
    date_hierarchy = None
    change_form_template = "admin/marketing/event_edit.html"
    fieldsets = (
        (None, {"fields": ("title", "kind", "summary", "description")}),
        ("When and where", {"fields": ("starts_at", "ends_at", "time_zone", "location", "join_url", "capacity")}),
        ("Registration", {"fields": ("form", "confirmation_subject", "confirmation_text")}),
        ("Settings", {"fields": ("slug", "campaign", "owner", "team")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        taken = ~Q(registrations__status=Registration.Status.CANCELLED)
        return super().get_queryset(request).annotate(seats=Count("registrations", filter=taken))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        give_form(obj, by=request.user)  # type: ignore[arg-type]
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        if "_save" in request.POST:
            messages.success(request, f"“{obj}” is saved as a draft. Publish it when it is ready.")
            return HttpResponseRedirect(live_address(obj))
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if "_save" in request.POST:
            messages.success(request, f"“{obj}” is saved.")
            return HttpResponseRedirect(live_address(obj))
        return super().response_change(request, obj)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/live/", view(self.live), name="marketing_event_live"),
            path("<int:pk>/registrations.csv", view(self.download), name="marketing_event_csv"),
            path("<int:pk>/do/<slug:verb>/", view(require_POST(self.do)), name="marketing_event_do"),
            *super().get_urls(),
        ]

    def live(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How the event stands: numbers, registrations by day, who came last, and what may be done now."""
        event = see_or_404(Event.objects.select_related("form", "campaign", "owner"), pk, request.user)
        recent = Registration.objects.visible_to(request.user).filter(event=event).select_related("contact")[:20]
        context = {
            **self.admin_site.each_context(request),
            "title": event.title,
            "event": event,
            "tone": TONES[event.status],
            "when": when_of(event),
            "public_address": public_url(event),
            "counts": counts_of(event),
            "seats_left": seats_left(event),
            "days": days_of(event),
            "recent": recent,
            "may_change": self.has_change_permission(request, event),
            "can": {name: can_proceed(getattr(event, name)) for name in ("publish", "finish", "cancel")},
        }
        return render(request, "admin/marketing/event_live.html", context)

    def do(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Publish, finish, cancel or copy; what is not possible now says why."""
        event = see_or_404(Event, pk, request.user).must_be_editable_by(request.user)  # type: ignore[arg-type]
        if verb not in VERBS:
            raise Invalid(f"Nobody knows how to “{verb}” an event.")
        action, sentence = VERBS[verb]
        try:
            event = action(event, by=request.user)
            messages.success(request, sentence.format(event))
        except CrmError as problem:
            messages.error(request, problem.message)
        return HttpResponseRedirect(live_address(event))

    def download(self, request: HttpRequest, pk: int) -> HttpResponse:
        return registrations_csv(see_or_404(Event, pk, request.user), request.user)  # type: ignore[return-value]

    @admin.display(description="Event", ordering="title")
    def live_page(self, event: Event) -> SafeString:
        return format_html('<a href="{}">{}</a>', live_address(event), event.title)

    @admin.display(description="Status", ordering="status")
    def state(self, event: Event) -> SafeString:
        from crm.templatetags.ui import status_badge

        return status_badge(event.get_status_display(), TONES[event.status])

    @admin.display(description="Registered", ordering="seats")
    def registered(self, event: Any) -> SafeString:
        limit = f" / {event.capacity}" if event.capacity else ""
        return format_html('<a href="{}">{}{}</a>', registrations_address(event), event.seats, limit)


def live_address(event: Event) -> str:
    return reverse("admin:marketing_event_live", args=[event.pk])


def registrations_address(event: Event) -> str:
    return f"{reverse('admin:marketing_registration_changelist')}?event__id__exact={event.pk}"


@admin.register(Registration)
class RegistrationAdmin(TeachingList, GrantedAdmin):
    """Who registered, to read; ticked ones are marked as attended or cancelled, which the log hears."""

    empty_title = "Nobody has registered yet"
    empty_sentence = "Who registers for your events appears here, the newest first."
    empty_picture = "users"

    resource = "marketing.event"
    list_display = ("contact", "email", "event", "status", "registered_at")
    list_filter = ("status", ("event", admin.RelatedOnlyFieldListFilter))
    search_fields = ("contact__last_name", "contact__first_name", "contact__email_normal")
    list_select_related = ("contact", "event")
    readonly_fields = ("event", "contact", "status", "registered_at", "number", "submission")
    fields = readonly_fields
    ordering = ("-registered_at", "-pk")
    actions = ("attended", "cancelled")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).visible_to(request.user)  # type: ignore[attr-defined]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Email")
    def email(self, registration: Registration) -> str:
        return registration.contact.email

    @admin.action(description="Mark as attended", permissions=["change"])
    def attended(self, request: HttpRequest, queryset: Any) -> None:
        number = mark_attended(queryset.reachable_by(request.user, "change"), by=request.user)  # type: ignore[arg-type]
        messages.success(request, f"Marked as attended: {number}.")

    @admin.action(description="Cancel the registration", permissions=["change"])
    def cancelled(self, request: HttpRequest, queryset: Any) -> None:
        number = cancel_registrations(queryset.reachable_by(request.user, "change"), by=request.user)  # type: ignore[arg-type]
        messages.success(request, f"Cancelled: {number}. Their seats are free again.")
