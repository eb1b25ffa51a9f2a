"""Insights of an email and of a send: numbers live, links on the email itself, domains; each number opens its people."""

from __future__ import annotations

import csv
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, re_path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from crm.access.see import see_or_404
from crm.models import Contact
from crm.web.lists import page_of
from marketing.admin.designer import own_frame
from marketing.models import MarketingEmail, Send
from marketing.queries import heatmap
from marketing.queries.insights import (
    JUDGED,
    NAMES,
    Line,
    by_domain,
    by_link,
    by_place,
    by_variant,
    in_all,
    is_running,
    messages_of,
    over_time,
    people,
)
from marketing.queries.results import messages_with

SUBJECTS: dict[str, tuple[type[MarketingEmail] | type[Send], str, str]] = {
    "email": (MarketingEmail, "admin:marketing_marketingemail_changelist", "admin:marketing_marketingemail_design"),
    "send": (Send, "admin:marketing_send_changelist", "admin:marketing_send_live"),
}
FILTERS = ("variant", "domain", "link", "place", "version", "at", "by")


class InsightPages:
    """Views of the admins of emails and of sends, each under its own address, so that the menu knows where one is."""

    admin_site: Any

    def insight_urls(self, kind: str) -> list[URLPattern]:
        """`kind` is a name of SUBJECTS; it is part of the address, so that one name of a page serves both."""

        def page(rest: str, shown: Any, name: str = "") -> URLPattern:
            at = rf"^insights/(?P<kind>{kind})/(?P<pk>[0-9]{{1,18}})/{rest}$"
            return re_path(at, self.admin_site.admin_view(shown), name=f"marketing_insights{name}")

        return [
            page("", self.numbers_view),
            page("links/", self.links_view, "_links"),
            page("domains/", self.domains_view, "_domains"),
            page("heatmap/", xframe_options_sameorigin(own_frame(self.heat_view)), "_heat"),
            page("people/(?P<number>[a-z_]+)/", self.number_view, "_people"),
            page(r"numbers\.csv", self.csv_view, "_csv"),
        ]

    def numbers_view(self, request: HttpRequest, kind: str, pk: str) -> HttpResponse:
        """The whole page, or (asked by its own script) the part that lives."""
        subject = _subject(request, kind, pk)
        messages = messages_of(subject)
        total = in_all(messages)
        context = {
            "kind": kind,
            "subject": subject,
            "numbers": _cells(kind, pk, total, {}, total.of("delivered").all),
            "is_live": is_running(messages),
        }
        if request.headers.get("HX-Request") and not request.headers.get("HX-Boosted"):
            return render(request, "admin/marketing/insights/_numbers.html", context)
        moments, by_day = over_time(messages)
        by = {"by": "day"} if by_day else {}
        context |= {
            "moments": moments,
            "by_day": by_day,
            "times": [
                (one, _people_at(kind, pk, "opened", {"at": one.at.isoformat(), **by}),
                 _people_at(kind, pk, "clicked", {"at": one.at.isoformat(), **by}))
                for one in reversed(moments)
            ],
            "variants": [
                (line, _cells(kind, pk, line, {"variant": line.key}, line.of("delivered").all))
                for line in by_variant(messages)
            ],
        }  # fmt: skip
        return self._tab(request, kind, subject, "numbers", context)

    def links_view(self, request: HttpRequest, kind: str, pk: str) -> HttpResponse:
        subject = _subject(request, kind, pk)
        shown = _shown(request, messages_of(subject))
        places, only = _places(messages_of(subject), shown), {"version": shown["version"]}
        rows = [
            (place, _people_at(kind, pk, "clicked", {"place": place.number, **only}),
             _people_at(kind, pk, "clicked_all", {"place": place.number, **only}))
            for place in places
        ]  # fmt: skip
        links = [
            (line, _people_at(kind, pk, "clicked", {"link": line.key}), _people_at(kind, pk, "clicked_all", {"link": line.key}))
            for line in by_link(messages_of(subject))
        ]  # fmt: skip
        context = {
            "shown": shown,
            "places": rows,
            "links": links,
            "is_narrow": request.GET.get("on") == "mobile",
            "frame": f"{_address('_heat', kind, pk)}?{urlencode({'shown': shown['key']})}",
        }
        return self._tab(request, kind, subject, "links", context)

    def heat_view(self, request: HttpRequest, kind: str, pk: str) -> HttpResponse:
        """The email with its numbers: a frame in which nothing runs."""
        messages = messages_of(_subject(request, kind, pk))
        shown = _shown(request, messages)
        if not shown["ref"]:
            raise Http404
        purpose = messages.values_list("purpose", flat=True).first() or ""
        return HttpResponse(heatmap.drawn(shown["ref"], _places(messages, shown), purpose))

    def domains_view(self, request: HttpRequest, kind: str, pk: str) -> HttpResponse:
        subject = _subject(request, kind, pk)
        rows = [
            (line, _cells(kind, pk, line, {"domain": line.key}, line.of("delivered").all))
            for line in by_domain(messages_of(subject))
        ]
        return self._tab(request, kind, subject, "domains", {"rows": rows, "labels": _labels().values()})

    def number_view(self, request: HttpRequest, kind: str, pk: str, number: str) -> HttpResponse:
        """The people behind a number, as far as the reader may see them."""
        subject = _subject(request, kind, pk)
        plain = number.removesuffix("_all")
        if plain not in NAMES or (number != plain and plain not in JUDGED):
            raise Http404
        wanted = {key: request.GET[key] for key in FILTERS if request.GET.get(key)}
        try:
            found = people(messages_of(subject), number, wanted)
        except ValueError:
            raise Http404 from None
        seen = found.filter(contact__in=Contact.objects.visible_to(request.user).order_by().values("pk"))
        context = {
            "page": page_of(request, seen.select_related("contact").order_by("pk")),
            "heading": _labels()[plain] + (f" · {_('machines too')}" if number != plain else ""),
            "narrowed": ", ".join(f"{value}" for key, value in wanted.items() if key in ("variant", "domain", "at")),
        }
        return self._tab(request, kind, subject, "people", context)

    def csv_view(self, request: HttpRequest, kind: str, pk: str) -> HttpResponse:
        """Every number of the pages, a line each group."""
        messages = messages_of(_subject(request, kind, pk))
        file = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
        file["Content-Disposition"] = f'attachment; filename="{kind}-{pk}-insights.csv"'
        sheet = csv.writer(file)
        labels = _labels()
        heads = [label for name, label in labels.items() for label in _heads(name, label)]
        sheet.writerow([_("By"), _("Which"), *heads])
        moments, _by_day = over_time(messages)
        timed = [
            Line("", f"{timezone.localtime(one.at):%Y-%m-%d %H:%M}", {"opened": one.opened, "clicked": one.clicked})
            for one in moments
        ]
        groups = {
            _("All"): [in_all(messages)], _("Variant"): by_variant(messages), _("Domain"): by_domain(messages),
            _("Link"): by_link(messages), _("Time"): timed,
        }  # fmt: skip
        for by, lines in groups.items():
            for line in lines:
                sheet.writerow([by, _safe(line.label), *(n for name in NAMES for n in _values(name, line))])
        return file

    def _tab(self, request: HttpRequest, kind: str, subject: Any, tab: str, context: dict[str, Any]) -> HttpResponse:
        model, home, page = SUBJECTS[kind]
        tabs = {"": _("Numbers"), "_links": _("Links"), "_domains": _("Domains")}
        frame = {
            **self.admin_site.each_context(request),
            "opts": model._meta,
            "kind": kind,
            "subject": subject,
            "title": _("Insights: %s") % subject,
            "home": reverse(home),
            "home_label": _("Emails") if kind == "email" else _("Sends"),
            "page_address": reverse(page, args=[subject.pk]),
            "csv_address": _address("_csv", kind, subject.pk),
            "tabs": [
                (label, _address(name, kind, subject.pk), tab == (name.removeprefix("_") or "numbers"))
                for name, label in tabs.items()
            ],
        }
        return render(request, f"admin/marketing/insights/{tab}.html", {**frame, **context})


def _subject(request: HttpRequest, kind: str, pk: str) -> Any:
    if kind not in SUBJECTS:
        raise Http404
    return see_or_404(SUBJECTS[kind][0], int(pk), request.user)


def _address(name: str, kind: str, pk: int | str) -> str:
    return reverse(f"admin:marketing_insights{name}", args=[kind, pk])


def _people_at(kind: str, pk: str, number: str, wanted: dict[str, Any]) -> str:
    return f"{reverse('admin:marketing_insights_people', args=[kind, pk, number])}?{urlencode(wanted)}"


def _labels() -> dict[str, str]:
    return {
        "sent": _("Sent"), "delivered": _("Delivered"), "opened": _("Opened"), "clicked": _("Clicked"),
        "replied": _("Replied"), "bounced": _("Bounced"), "unsubscribed": _("Unsubscribed"), "complained": _("Complained"),
    }  # fmt: skip


def _cells(kind: str, pk: str, line: Line, wanted: dict[str, Any], delivered: int) -> list[dict[str, Any]]:
    """A number each, with the way to its people; where machines count, theirs beside it."""
    cells = []
    for name, label in _labels().items():
        pair = line.of(name)
        whole = line.of("sent").all if name == "bounced" else delivered
        shares = name not in ("sent", "delivered") and whole
        cells.append(
            {
                "label": label,
                "human": pair.human,
                "all": pair.all if name in JUDGED else None,
                "share": 100 * pair.human / whole if shares else None,
                "address": _people_at(kind, pk, name, wanted),
                "all_address": _people_at(kind, pk, f"{name}_all", wanted),
            }
        )
    return cells


def _shown(request: HttpRequest, messages: Any) -> dict[str, Any]:
    """Which content in which version is drawn: the one asked for, else the one that went to most."""
    rows = (
        messages.filter(content_type="marketing.email")
        .order_by()
        .values("content_type", "content_id", "content_version", "variant")
    )
    counted = _folded(rows)
    choices = [
        {"key": f"{pk}-{version}", "label": label, "ref": ("marketing.email", pk, version)}
        for (pk, version), label in counted
    ]
    wanted = request.GET.get("shown", "")
    chosen = next((one for one in choices if one["key"] == wanted), choices[0] if choices else None)
    if chosen is None:
        return {"key": "", "ref": None, "version": "", "choices": []}
    return {**chosen, "version": str(chosen["ref"][2]), "choices": choices}


def _folded(rows: Any) -> list[tuple[tuple[int, int], str]]:
    sizes: dict[tuple[int, int], int] = {}
    letters: dict[tuple[int, int], set[str]] = {}
    for row in rows.annotate(n=Count("pk")).order_by("-n")[:50]:
        key = (row["content_id"], row["content_version"])
        sizes[key] = sizes.get(key, 0) + row["n"]
        letters.setdefault(key, set()).update(row["variant"])
    ordered = sorted(sizes, key=lambda key: -sizes[key])
    return [(key, _("Version %s") % key[1] + "".join(f" · {one}" for one in sorted(letters[key]))) for key in ordered]


def _places(messages: Any, shown: dict[str, Any]) -> list[heatmap.Place]:
    if not shown["ref"]:
        return []
    _type, content, version = shown["ref"]
    drawn: Any = messages.filter(content_id=content, content_version=version)
    delivered = messages_with(drawn, "delivered").count()
    return heatmap.places_of(shown["ref"], by_place(drawn), delivered)


def _heads(name: str, label: str) -> list[str]:
    return [label, f"{label} ({_('machines too')})"] if name in JUDGED else [label]


def _values(name: str, line: Line) -> list[int]:
    return [line.of(name).human, line.of(name).all] if name in JUDGED else [line.of(name).all]


def _safe(cell: str) -> str:
    """A spreadsheet takes what begins with = for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell
