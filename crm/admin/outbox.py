"""The Outbox: what would have gone out, as its reader would see it, with its links live."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as readable_policy
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.clickjacking import xframe_options_sameorigin

from crm.access.depths import may
from crm.admin.base import GrantedAdmin
from crm.delivery.purposes import name_of
from crm.models import OutboxItem
from crm.web.reading import READERS_POLICY, linked

HEADERS = ("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID")  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A mail or an SMS taken apart for the page."""

    headers: list[tuple[str, str]]
    text: SafeString
    has_html: bool
    files: list[tuple[int, str, int]]


@admin.register(OutboxItem)
class OutboxAdmin(GrantedAdmin):
    resource = "crm.message"
    list_display = ("what", "to_whom", "way", "at", "standing")
    list_display_links = None
    list_filter = ("channel", "at", "message__campaign")
    search_fields = ("to", "subject", "message__contact__last_name")
    search_help_text = "Address, subject or last name"
    list_select_related = ("message__contact",)
    change_form_template = "admin/crm/outboxitem/item.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """A mail to nobody's contact may be a password link: only those who manage users may read it."""
        rows = super().get_queryset(request).annotate(purpose_name=name_of("message__purpose"))
        if may(request.user, "crm.user", "change"):
            return rows
        return rows.exclude(Q(message=None) | Q(message__contact=None, message__content_type="crm.letter"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="What", ordering="subject")
    def what(self, item: OutboxItem) -> SafeString:
        said = item.subject or bytes(item.raw[:80]).decode("utf-8", "ignore")
        return format_html('<a href="{}">{}</a>', reverse("admin:crm_outboxitem_change", args=[item.pk]), said or "—")

    @admin.display(description="To", ordering="to")
    def to_whom(self, item: OutboxItem) -> SafeString | str:
        contact = item.message.contact if item.message else None
        if contact is None:
            return item.to
        return format_html('<a href="{}">{}</a> {}', reverse("crm:contact", args=[contact.pk]), contact, item.to)

    @admin.display(description="Channel", ordering="channel")
    def way(self, item: OutboxItem) -> str:
        return item.get_channel_display()

    @admin.display(description="Purpose", ordering="message__purpose")
    def standing(self, item: Any) -> str:
        return item.purpose_name or ""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/reader/", view(xframe_options_sameorigin(self.reader)), name="crm_outboxitem_reader"),
            path("<int:pk>/files/<int:number>/", view(self.file), name="crm_outboxitem_file"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        item = self._item(request, object_id)
        near = self.get_queryset(request).order_by()
        context = {
            **self.admin_site.each_context(request),
            "title": item.subject or f"{item.get_channel_display()} to {item.to}",
            "item": item,
            "shown": taken_apart(item),
            "newer": near.filter(pk__gt=item.pk).order_by("pk").values_list("pk", flat=True).first(),
            "older": near.filter(pk__lt=item.pk).order_by("-pk").values_list("pk", flat=True).first(),
            "opts": self.opts,
        }
        return render(request, "admin/crm/outboxitem/item.html", context)

    def reader(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The mail's HTML alone, in a sandbox with a policy of its own: no script runs, links open in a new tab."""
        html = _part(_mail(self._item(request, pk)), "html")
        if html is None:
            raise Http404
        response = HttpResponse(f'<base target="_blank">{html}')
        response["Content-Security-Policy"] = READERS_POLICY
        response["Referrer-Policy"] = "no-referrer"
        return response

    def file(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        files = list(_mail(self._item(request, pk)).iter_attachments())
        if number >= len(files):
            raise Http404
        name = (files[number].get_filename() or "file").replace('"', "").replace("\n", "").replace("\r", "")
        response = HttpResponse(files[number].get_payload(decode=True), content_type="application/octet-stream")
        response["Content-Disposition"] = f'attachment; filename="{name.encode("ascii", "replace").decode()}"'
        return response

    def _item(self, request: HttpRequest, pk: Any) -> OutboxItem:
        if not self.has_view_permission(request):
            raise Http404
        rows = self.get_queryset(request).select_related("message__contact", "message__campaign")
        if not str(pk).isdigit():
            raise Http404
        return get_object_or_404(rows, pk=pk)


def taken_apart(item: OutboxItem) -> Shown:
    if item.channel != "email":
        return Shown([("To", item.to), ("From", item.sent_from)], linked(bytes(item.raw).decode()), False, [])
    mail = _mail(item)
    headers = [(name, str(mail[name])) for name in HEADERS if mail[name]]
    files = [
        (number, file.get_filename() or "file", len(file.get_payload(decode=True) or b""))
        for number, file in enumerate(mail.iter_attachments())
    ]
    return Shown(headers, linked(_part(mail, "plain") or ""), _part(mail, "html") is not None, files)


def _mail(item: OutboxItem) -> EmailMessage:
    return message_from_bytes(bytes(item.raw), policy=readable_policy)


def _part(mail: EmailMessage, kind: str) -> str | None:
    part = mail.get_body((kind,))
    return part.get_content() if part is not None else None
