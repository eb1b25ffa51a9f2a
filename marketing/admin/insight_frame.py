"""What all insight pages share: whose insights they are, addresses, labels, and cells that open their people."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.access.see import see_or_404
from marketing.models import MarketingEmail, Send
from marketing.queries.insights import HITS_OF
from marketing.queries.numbers import Line

SUBJECTS: dict[str, tuple[type[MarketingEmail] | type[Send], str, str]] = {
    "email": (MarketingEmail, "admin:marketing_marketingemail_changelist", "admin:marketing_marketingemail_design"),
    "send": (Send, "admin:marketing_send_changelist", "admin:marketing_send_live"),
}


class InsightFrame:
    """The tabs around each page."""

    admin_site: Any

    def _tab(self, request: HttpRequest, kind: str, subject: Any, tab: str, context: dict[str, Any]) -> HttpResponse:
        model, home, page = SUBJECTS[kind]
        tabs = {
            "": _("Numbers"), "_funnel": _("Leads and revenue"), "_links": _("Links"), "_readers": _("Readers"),
            "_domains": _("Domains"),
        }  # fmt: skip
        frame = {
            **self.admin_site.each_context(request),
            "opts": model._meta,
            "kind": kind,
            "subject": subject,
            "title": _("Insights: %s") % subject,
            "home": reverse(home),
            "home_label": _("Emails") if kind == "email" else _("Sends"),
            "page_address": reverse(page, args=[subject.pk]),
            "csv_address": address_of("_csv", kind, subject.pk),
            "tabs": [
                (label, address_of(name, kind, subject.pk), tab == (name.removeprefix("_") or "numbers"))
                for name, label in tabs.items()
            ],
        }
        return render(request, f"admin/marketing/insights/{tab}.html", {**frame, **context})


def subject_of(request: HttpRequest, kind: str, pk: str) -> Any:
    if kind not in SUBJECTS:
        raise Http404
    return see_or_404(SUBJECTS[kind][0], int(pk), request.user)


def address_of(name: str, kind: str, pk: int | str) -> str:
    return reverse(f"admin:marketing_insights{name}", args=[kind, pk])


def people_at(kind: str, pk: str, number: str, wanted: dict[str, Any]) -> str:
    return f"{reverse('admin:marketing_insights_people', args=[kind, pk, number])}?{urlencode(wanted)}"


def labels() -> dict[str, str]:
    return {
        "sent": _("Sent"), "delivered": _("Delivered"), "opened": _("Opened"), "clicked": _("Clicked"),
        "replied": _("Replied"), "bounced": _("Bounced"), "bounced_hard": _("Bounced for good"),
        "bounced_soft": _("Bounced for now"), "unsubscribed": _("Unsubscribed"), "complained": _("Complained"),
    }  # fmt: skip


def cells(kind: str, pk: str, line: Line, wanted: dict[str, Any], names: Any = None) -> list[dict[str, Any]]:
    """A number each, with the way to its people; where machines count, theirs beside it. Shares are of those delivered."""
    found, delivered = [], line.of("delivered").all
    for name, label in labels().items():
        if names and name not in names:
            continue
        pair = line.of(name)
        whole = line.of("sent").all if name.startswith("bounced") else delivered
        shares = name not in ("sent", "delivered") and whole
        found.append(
            {
                "label": label,
                "human": pair.human,
                "all": pair.all if name in HITS_OF else None,
                "share": 100 * pair.human / whole if shares else None,
                "address": people_at(kind, pk, name, wanted),
                "all_address": people_at(kind, pk, f"{name}_all", wanted),
            }
        )
    return found
