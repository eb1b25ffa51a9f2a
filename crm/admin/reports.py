"""Marketing › Bounces: what came back, what it was judged to be, and what was set aside."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from crm.access.depths import may
from crm.actions.reports import judge_again
from crm.admin.base import GrantedAdmin
from crm.admin.lists import TeachingList
from crm.models import DeliveryReport
from crm.templatetags.ui import status_badge

TONES = {"hard": "danger", "soft": "warning", "complaint": "danger", "left": "neutral", "other": "neutral", "": "info"}
BECAME = {"waiting": "info", "taken": "success", "ignored": "neutral", "aside": "warning"}


@admin.register(DeliveryReport)
class DeliveryReportAdmin(TeachingList, GrantedAdmin):
    resource = "crm.message"
    empty_title = lazy("Nothing came back")
    empty_sentence = lazy(
        "Bounces and complaints stand here, from a mailbox for bounces (Set-up → Mailboxes) or an email service."
    )
    empty_picture = "mail-x"
    list_display = ("received_at", "what", "to_whom", "code", "reason", "state", "said", "source")
    list_display_links = ("received_at",)
    list_filter = ("became", "kind", "source", "received_at")
    list_select_related: ClassVar[tuple[str, ...]] = ("message__contact",)
    search_fields = ("address",)
    search_help_text = lazy("Address")
    ordering = ("-pk",)
    fields = (
        "what",
        "to_whom",
        "code",
        "reason",
        "state",
        "said",
        "source",
        "occurred_at",
        "received_at",
        "as_it_came",
    )
    readonly_fields = fields
    actions = ("look_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        return rows if request.resolver_match and "object_id" in request.resolver_match.kwargs else rows.defer("raw")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=lazy("Judge again what was set aside"), permissions=["look_again"])
    def look_again(self, request: HttpRequest, queryset: QuerySet) -> None:
        aside = list(queryset.filter(became=DeliveryReport.Became.ASIDE)[:500])
        for report in aside:
            judge_again(report)
        self.message_user(request, _("%d reports are judged again.") % len(aside))

    def has_look_again_permission(self, request: HttpRequest) -> bool:
        return may(request.user, "crm.message", "change")

    @admin.display(description=lazy("Kind"), ordering="kind")
    def what(self, report: DeliveryReport) -> SafeString:
        return status_badge(report.get_kind_display(), TONES[report.kind])

    @admin.display(description=lazy("What became of it"), ordering="became")
    def state(self, report: DeliveryReport) -> SafeString:
        return status_badge(report.get_became_display(), BECAME[report.became])

    @admin.display(description=lazy("Address"), ordering="address")
    def to_whom(self, report: DeliveryReport) -> SafeString | str:
        contact = report.message.contact if report.message else None
        if contact is None:
            return report.address or "–"
        address = f"{reverse('crm:contact', args=[contact.pk])}?tab=consent"
        return format_html('<a href="{}">{}</a> {}', address, contact, report.address)

    @admin.display(description=lazy("As it came"))
    def as_it_came(self, report: DeliveryReport) -> SafeString:
        return format_html("<pre>{}</pre>", bytes(report.raw)[:20_000].decode("utf-8", "replace"))
