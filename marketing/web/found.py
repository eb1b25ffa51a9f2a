"""How campaigns, segments, emails, texts, forms, events and scoring models are shown where they are found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.hooks.search import SearchSource


def page(name: str) -> Callable[[Any], str]:
    return lambda record: reverse(name, args=[record.pk])


def by_status(record: Any) -> str:
    return str(record.get_status_display())


def by_kind(record: Any) -> str:
    return str(record.get_kind_display())


def by_subject(email: Any) -> str:
    return str(email.subject)


def nothing_more(record: Any) -> str:
    return ""


SOURCES: tuple[SearchSource, ...] = (
    SearchSource("crm.campaign", _("Campaigns"), "speakerphone", by_status, (), 65, page("marketing:campaign")),
    SearchSource(
        "marketing.segment", _("Segments"), "users-group", by_kind, (), 71, page("admin:marketing_segment_change")
    ),
    SearchSource(
        "marketing.marketingemail",
        _("Emails"),
        "mail",
        by_subject,
        (),
        72,
        page("admin:marketing_marketingemail_design"),
    ),
    SearchSource(
        "marketing.textmessage", _("Texts"), "message", nothing_more, (), 73, page("admin:marketing_textmessage_change")
    ),
    SearchSource("marketing.form", _("Forms"), "forms", nothing_more, (), 74, page("admin:marketing_form_change")),
    SearchSource(
        "marketing.event", _("Events"), "calendar-event", by_status, (), 75, page("admin:marketing_event_change")
    ),
    SearchSource(
        "marketing.scoringmodel",
        _("Scoring"),
        "trophy",
        nothing_more,
        (),
        76,
        page("admin:marketing_scoringmodel_change"),
    ),
)
