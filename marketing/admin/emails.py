"""Emails in the admin: the list, the settings, and the designer with its preview, check and test."""

from __future__ import annotations

import json
from typing import Any

from csp.decorators import csp_replace
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST
from liquid.exceptions import LiquidError

from crm.access.see import see_or_404
from crm.admin.base import RecordAdmin
from crm.admin.purposes import PurposeFilter, PurposeForm
from crm.delivery.rendering import Rendered, preview
from crm.delivery.senders import as_from, default_sender
from crm.errors import CrmError, Invalid, Stale
from crm.models import Contact
from crm.templatetags.ui import status_badge
from marketing.actions.emails import copy_email, draft_content, edit_email, make_ready, problems_of, send_test
from marketing.blocks.kinds import KINDS, TOKENS
from marketing.blocks.parsing import as_stored, parse_blocks
from marketing.models import Event, EventStatus, MarketingEmail

own_frame = csp_replace(
    {
        "default-src": ["'none'"],
        "img-src": ["*", "data:"],
        "style-src": ["'unsafe-inline'"],
        "frame-ancestors": ["'self'"],
        "sandbox": ["allow-popups"],
    }
)
SETTINGS = [
    "name",
    "subject",
    "preheader",
    "sender",
    "purpose",
    "topic",
    "campaign",
    "language",
    "adds_utm",
    "utm_campaign",
]
FIRST_BLOCKS: list[dict[str, Any]] = [
    {"id": "b1", "kind": "heading"},
    {"id": "b2", "kind": "text"},
    {"id": "b3", "kind": "footer"},
]


class SettingsForm(PurposeForm):
    class Meta:
        model = MarketingEmail
        fields = [*SETTINGS, "owner", "team"]


@admin.register(MarketingEmail)
class MarketingEmailAdmin(RecordAdmin):
    form = SettingsForm
    list_display = ("designer", "state", "subject", "campaign", "owner", "updated_at")
    list_display_links = None
    list_filter = ("status", PurposeFilter, "campaign")
    search_fields = ("name", "subject")
    list_select_related = ("campaign", "owner")
    fieldsets = (
        (None, {"fields": ("name", "subject", "preheader", "sender")}),
        ("Who may get it", {"fields": ("purpose", "topic")}),
        ("Settings", {"fields": ("campaign", "language", "adds_utm", "utm_campaign", "owner", "team")}),
    )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new email begins with a few blocks; a change of a ready one makes it a draft again."""
        if change:
            if obj.status == MarketingEmail.Status.READY and set(form.changed_data) & set(SETTINGS) - {"name"}:
                obj.rework()
        else:
            obj.blocks = as_stored(parse_blocks(FIRST_BLOCKS))
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return (
            HttpResponseRedirect(design_address(obj)) if "_save" in request.POST else super().response_add(request, obj)
        )

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return (
            HttpResponseRedirect(design_address(obj))
            if "_save" in request.POST
            else super().response_change(request, obj)
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "marketing_marketingemail"
        return [
            path("<int:pk>/design/", view(self.design), name=f"{name}_design"),
            path("<int:pk>/preview/", view(xframe_options_sameorigin(own_frame(self.preview))), name=f"{name}_preview"),
            path("<int:pk>/check/", view(require_POST(self.check_draft)), name=f"{name}_check"),
            path("<int:pk>/copy/", view(require_POST(self.copy)), name=f"{name}_copy"),
            *super().get_urls(),
        ]

    def design(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The designer. Every button saves first; what was typed is kept whatever goes wrong."""
        email = self._see(request, pk)
        if request.method != "POST":
            return self._designer(request, email)
        email.must_be_editable_by(request.user)  # type: ignore[arg-type]
        try:
            return self._saved(request, email)
        except CrmError as problem:
            email.refresh_from_db()  # what could be saved was saved, and raised the version
            theirs = (email.subject, email.preheader) if isinstance(problem, Stale) else None
            email.subject, email.preheader = request.POST.get("subject", ""), request.POST.get("preheader", "")
            typed = request.POST.get("blocks", "[]")
            return self._designer(request, email, problem=problem, typed=typed, theirs=theirs)

    def _saved(self, request: HttpRequest, email: MarketingEmail) -> HttpResponse:
        user: Any = request.user
        if request.POST.get("version") != str(email.version):
            raise Stale(
                "Somebody else saved this email in the meantime. Yours is below: save again to put it in its place."
            )
        typed = {
            "subject": request.POST.get("subject", "").strip(),
            "preheader": request.POST.get("preheader", "").strip(),
            "blocks": _json(request.POST.get("blocks", "[]")),
        }
        for name in ("subject", "preheader"):
            if len(typed[name]) > 200:
                raise Invalid(f"The {name} is longer than 200 characters.", field=name)
        if typed["blocks"] != email.blocks or any(
            typed[name] != getattr(email, name) for name in ("subject", "preheader")
        ):
            email = edit_email(email, **typed, by=user)
        match request.POST.get("then"):
            case "ready":
                email = make_ready(email, by=user)
                messages.success(request, f"Version {email.ready_version} is ready to be sent.")
            case "test":
                send_test(email, by=user, contact=_person(request.POST.get("as", ""), user))
                messages.success(request, f"A test is on its way to {user.email}.")
            case "send":
                if email.status != MarketingEmail.Status.READY:
                    make_ready(email, by=user)
                return HttpResponseRedirect(reverse("admin:marketing_send_new", args=["email", email.pk]))
            case _:
                messages.success(request, "Saved.")
        return HttpResponseRedirect(design_address(email))

    def _designer(
        self,
        request: HttpRequest,
        email: MarketingEmail,
        *,
        problem: CrmError | None = None,
        typed: str = "",
        theirs: tuple[str, str] | None = None,
    ) -> HttpResponse:
        user: Any = request.user
        context = {
            **self.admin_site.each_context(request),
            "title": email.name,
            "email": email,
            "blocks": typed or json.dumps(email.blocks),
            "problem": problem,
            "theirs": theirs,
            "kinds": [*KINDS.values()],
            "schema": _schema(user),
            "people": Contact.objects.visible_to(user).exclude(email="").order_by("-pk")[:15],
            "problems": problems_of(email),
            "sends": email.sends.select_related("segment")[:5],
            "may_change": self.has_change_permission(request, email),
        }
        return render(request, "admin/marketing/emails/design.html", context, status=problem.status if problem else 200)

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What a person would read, of what is typed now (POST) or saved (GET). A frame with a policy of its own."""
        email = self._see(request, pk)
        text = ""
        try:
            read = self._read(request, email)
        except (CrmError, LiquidError) as problem:
            text = getattr(problem, "message", "") or f"This is not written right: {problem}"
            read = Rendered("", "", "")
        if text or request.POST.get("mode") == "text":
            return render(request, "admin/marketing/emails/_plain.html", {"text": text or read.text})
        return HttpResponse(read.html)

    def _read(self, request: HttpRequest, email: MarketingEmail) -> Rendered:
        if "blocks" in request.POST:
            email.blocks = as_stored(parse_blocks(_json(request.POST["blocks"])))
            email.subject = request.POST.get("subject", "")
            email.preheader = request.POST.get("preheader", "")
        contact = _person(request.POST.get("as", ""), request.user)
        sender = as_from(email.sender or default_sender())
        return preview(draft_content(email), contact, purpose=email.purpose, sender=sender)

    def check_draft(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The problems of what is typed now, as a fragment."""
        email = self._see(request, pk)
        email.subject, email.preheader = request.POST.get("subject", ""), request.POST.get("preheader", "")
        try:
            email.blocks = as_stored(parse_blocks(_json(request.POST.get("blocks", "[]"))))
            problems = problems_of(email)
        except CrmError as problem:
            problems = []
            return render(
                request, "admin/marketing/emails/_check.html", {"problems": problems, "sentence": problem.message}
            )
        return render(request, "admin/marketing/emails/_check.html", {"problems": problems})

    def copy(self, request: HttpRequest, pk: int) -> HttpResponse:
        copied = copy_email(self._see(request, pk), by=request.user)  # type: ignore[arg-type]
        messages.success(request, f"“{copied}” is a draft of its own.")
        return HttpResponseRedirect(design_address(copied))

    def _see(self, request: HttpRequest, pk: int) -> MarketingEmail:
        return see_or_404(MarketingEmail.objects.select_related("sender", "topic", "campaign"), pk, request.user)

    @admin.display(description="Email", ordering="name")
    def designer(self, email: MarketingEmail) -> SafeString:
        return format_html('<a href="{}">{}</a>', design_address(email), email.name)

    @admin.display(description="Status", ordering="status")
    def state(self, email: MarketingEmail) -> SafeString:
        is_ready = email.status == MarketingEmail.Status.READY
        return status_badge(email.get_status_display(), "success" if is_ready else "neutral")


def design_address(email: MarketingEmail) -> str:
    return reverse("admin:marketing_marketingemail_design", args=[email.pk])


def _schema(user: Any) -> dict[str, Any]:
    """What the script needs to draw the fields of a block."""
    events = Event.objects.visible_to(user).exclude(status__in=[EventStatus.DONE, EventStatus.CANCELLED])
    return {
        "kinds": {
            kind.name: {
                "label": kind.label,
                "defaults": kind.defaults(),
                "fields": [
                    {
                        "name": one.name, "label": one.label, "kind": one.kind, "help": one.help,
                        "choices": one.choices, "low": one.low, "high": one.high,
                    }
                    for one in kind.fields
                ],
            }
            for kind in KINDS.values()
        },
        "tokens": TOKENS,
        "events": [[event.pk, f"{event} ({event.get_status_display().lower()})"] for event in events[:100]],
    }  # fmt: skip


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise Invalid("The blocks did not arrive whole. Load the page again.", field="blocks") from None


def _person(address: str, user: Any) -> Contact | None:
    """The contact to preview as, by address; nobody in particular where there is none."""
    address = address.strip().lower()
    return Contact.objects.visible_to(user).filter(email_normal=address).first() if address else None
