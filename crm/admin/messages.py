"""Every message that was asked for, to read only: what became of it, and if nothing did, why."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from crm.access.depths import may
from crm.admin.base import GrantedAdmin
from crm.admin.purposes import PurposeFilter
from crm.delivery import contents
from crm.delivery.again import try_again
from crm.delivery.purposes import name_of
from crm.models import Letter, Message
from crm.templatetags.ui import status_badge

TONES = {
    "due": "info",
    "sent": "success",
    "bounced": "danger",
    "not_sent": "neutral",
    "failed": "danger",
    "cancelled": "neutral",
    "unknown": "warning",
    "held": "warning",
}


@admin.register(Message)
class MessageAdmin(GrantedAdmin):
    resource = "crm.message"
    list_display = ("to_whom", "what", "channel", "state", "reason", "sent_at", "campaign")
    list_display_links = None
    list_filter = ("status", "channel", PurposeFilter, "campaign", "content_type")
    search_fields = ("address", "contact__last_name", "message_id")
    search_help_text = "Address, last name or Message-ID"
    list_select_related = ("contact", "campaign", "topic", "sender")
    ordering = ("-pk",)
    fields = (
        "state", "reason", "contact_link", "address", "what", "channel", "purpose_named", "topic", "campaign", "sender", "due_at",
        "expires_at", "attempts", "sent_at", "message_id", "provider_ref", "send_key", "as_seen",
    )  # fmt: skip
    readonly_fields = fields
    actions = ("send_again",)

    @admin.action(description="Send again what failed", permissions=["send_again"])
    def send_again(self, request: HttpRequest, queryset: QuerySet) -> None:
        count = try_again(Message.objects.filter(pk__in=queryset.values("pk")), by=request.user)  # type: ignore[arg-type]
        self.message_user(
            request,
            ngettext("%(n)d message is on its way again.", "%(n)d messages are on their way again.", count)
            % {"n": count}
            if count
            else gettext("None of these has failed."),
        )

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        return may(request.user, "crm.message", "change")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        letter = Letter.objects.filter(pk=OuterRef("content_id")).values("subject")
        rows = super().get_queryset(request).annotate(letter_subject=Subquery(letter), purpose_name=name_of("purpose"))
        if may(request.user, "crm.user", "change"):
            return rows
        return rows.exclude(Q(contact=None, content_type="crm.letter"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="To", ordering="address")
    def to_whom(self, message: Message) -> SafeString:
        address = reverse("admin:crm_message_change", args=[message.pk])
        return format_html('<a href="{}">{}</a>', address, message.contact or message.address or "—")

    @admin.display(description="Contact")
    def contact_link(self, message: Message) -> SafeString | str:
        if message.contact is None:
            return "—"
        return format_html('<a href="{}">{}</a>', reverse("crm:contact", args=[message.contact_id]), message.contact)

    @admin.display(description="Message")
    def what(self, message: Any) -> str:
        if message.content_type == "crm.letter":
            return message.letter_subject or "Letter"
        return self._title(message.content_type, message.content_id, message.content_version)

    @admin.display(description="Purpose")
    def purpose_named(self, message: Any) -> str:
        return message.purpose_name

    @admin.display(description="Status", ordering="status")
    def state(self, message: Message) -> SafeString:
        return status_badge(message.get_status_display(), TONES[message.status])

    @admin.display(description="As its reader sees it")
    def as_seen(self, message: Message) -> SafeString | str:
        item = message.outbox_items.order_by("-pk").first()
        if item is None:
            return "It did not go to the Outbox."
        return format_html(
            '<a href="{}">Open in the Outbox</a>', reverse("admin:crm_outboxitem_change", args=[item.pk])
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        self._titles: dict[tuple[str, int, int], str] = {}
        return super().changelist_view(request, extra_context)

    def _title(self, content_type: str, content_id: int, version: int) -> str:
        """The content's name; a list page has few different ones, and asks for each once."""
        titles = getattr(self, "_titles", {})
        ref = (content_type, content_id, version)
        if ref not in titles:
            try:
                titles[ref] = contents.load(*ref).name
            except LookupError:
                titles[ref] = "Deleted content"
        return titles[ref]
