"""Insights of an email and of a send: numbers live, who read it with what, domains; each number opens its people."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, re_path
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from crm.hooks import outcomes
from crm.models import Contact
from crm.web.lists import page_of
from marketing.admin.designer import own_frame
from marketing.admin.insight_frame import cells, labels, people_at, subject_of
from marketing.admin.insight_links import InsightLinks
from marketing.admin.insight_sheets import sheet_of
from marketing.models import Send
from marketing.queries import funnel, readers
from marketing.queries.insights import HITS_OF, NAMES, by_domain, by_variant, in_all, messages_of, over_time, people

FILTERS = (
    "variant",
    "domain",
    "segment",
    "link",
    "place",
    "version",
    "device",
    "client",
    "system",
    "country",
    "at",
    "by",
)
TOLD = ("variant", "domain", "device", "client", "system", "country", "at")
"""Filters whose value a reader understands."""


class InsightPages(InsightLinks):
    """Views of the admins of emails and of sends, each under its own address, so that the menu knows where one is."""

    def insight_urls(self, kind: str) -> list[URLPattern]:
        """`kind` is a name of SUBJECTS; it is part of the address, so that one name of a page serves both."""

        def page(rest: str, shown: Any, name: str = "") -> URLPattern:
            at = rf"^insights/(?P<kind>{kind})/(?P<pk>[0-9]{{1,18}})/{rest}$"
            return re_path(at, self.admin_site.admin_view(shown), name=f"marketing_insights{name}")

        return [
            page("", self.numbers_view),
            page("funnel/", self.funnel_view, "_funnel"),
            page("links/", self.links_view, "_links"),
            page("readers/", self.readers_view, "_readers"),
            page("domains/", self.domains_view, "_domains"),
            page("heatmap/", xframe_options_sameorigin(own_frame(self.heat_view)), "_heat"),
            page("people/(?P<number>[a-z_]+)/", self.number_view, "_people"),
            page(r"numbers\.csv", self.csv_view, "_csv"),
        ]

    def numbers_view(self, request: HttpRequest, kind: str, pk: str) -> HttpResponse:
        """The whole page, or (asked by its own script) the part that lives."""
        subject = subject_of(request, kind, pk)
        total = in_all(subject)
        context = {
            "kind": kind,
            "subject": subject,
            "numbers": cells(kind, pk, total, {}),
            "is_live": total.of("waiting").all > 0,
        }
        if request.headers.get("HX-Request") and not request.headers.get("HX-Boosted"):
            return render(request, "admin/marketing/insights/_numbers.html", context)
        moments, by_day = over_time(messages_of(subject))
        by = {"by": "day"} if by_day else {}
        context |= {
            "moments": moments,
            "by_day": by_day,
            "times": [
                (one, people_at(kind, pk, "opened", {"at": one.at.isoformat(), **by}),
                 people_at(kind, pk, "clicked", {"at": one.at.isoformat(), **by}))
                for one in reversed(moments)
            ],
            "variants": [(line, cells(kind, pk, line, {"variant": line.key})) for line in by_variant(subject)],
            "segments": [(line, cells(kind, pk, line, {"segment": line.key})) for line in _segments(subject)],
        }  # fmt: skip
        return self._tab(request, kind, subject, "numbers", context)

    def funnel_view(self, request: HttpRequest, kind: str, pk: str) -> HttpResponse:
        """From sent to revenue won, by the rule that stands on the page."""
        subject = subject_of(request, kind, pk)
        days = funnel.days_of(request.GET.get("days", ""))
        steps = [
            (step, people_at(kind, pk, step.name, {"days": days} if step.is_outcome else {}))
            for step in funnel.steps_of(subject, days)
        ]
        context = {"steps": steps, "days": days, "choices": funnel.DAYS, "is_empty": not steps[0][0].count}
        return self._tab(request, kind, subject, "funnel", context)

    def readers_view(self, request: HttpRequest, kind: str, pk: str) -> HttpResponse:
        """Devices, programs, systems and (where the operator has a database of them) countries."""
        subject = subject_of(request, kind, pk)
        messages = messages_of(subject)
        groups = [
            (name, label, [(line, cells(kind, pk, line, {name: line.key}, tuple(HITS_OF))) for line in lines])
            for name, label, lines in (
                ("device", _("Device"), readers.by_device(messages)),
                ("client", _("Mail program or browser"), readers.by_client(messages)),
                ("system", _("System"), readers.by_system(messages)),
                ("country", _("Country"), readers.by_country(messages)),
            )
            if lines
        ]
        return self._tab(request, kind, subject, "readers", {"groups": groups})

    def domains_view(self, request: HttpRequest, kind: str, pk: str) -> HttpResponse:
        subject = subject_of(request, kind, pk)
        rows = [(line, cells(kind, pk, line, {"domain": line.key})) for line in by_domain(messages_of(subject))]
        return self._tab(request, kind, subject, "domains", {"rows": rows, "labels": labels().values()})

    def number_view(self, request: HttpRequest, kind: str, pk: str, number: str) -> HttpResponse:
        """The people behind a number, as far as the reader may see them."""
        subject = subject_of(request, kind, pk)
        wanted = {key: request.GET[key] for key in FILTERS if request.GET.get(key)}
        plain = number.removesuffix("_all")
        try:
            if outcomes.known(number):
                found, label = funnel.people(subject, number, funnel.days_of(request.GET.get("days", ""))), None
            elif plain in NAMES and (number == plain or plain in HITS_OF):
                found, label = people(subject, number, wanted), labels()[plain]
            else:
                raise Http404
        except (ValueError, OverflowError):
            raise Http404 from None
        seen = found.filter(contact__in=Contact.objects.visible_to(request.user).order_by().values("pk"))
        context = {
            "page": page_of(request, seen.select_related("contact").order_by("pk")),
            "heading": (label or outcomes.get(number).label) + (f" · {_('machines too')}" if number != plain else ""),
            "narrowed": ", ".join(f"{value}" for key, value in wanted.items() if key in TOLD and value != "-"),
        }
        return self._tab(request, kind, subject, "people", context)

    def csv_view(self, request: HttpRequest, kind: str, pk: str) -> HttpResponse:
        """Every number of the pages, a line each group."""
        subject = subject_of(request, kind, pk)
        file = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
        file["Content-Disposition"] = f'attachment; filename="{kind}-{pk}-insights.csv"'
        sheet_of(subject, labels(), file)
        return file


def _segments(subject: Any) -> list[Any]:
    return readers.by_segment(subject) if isinstance(subject, Send) else []
