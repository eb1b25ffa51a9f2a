"""Insights: clicks on the email itself, place by place, and by address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from marketing.admin.insight_frame import InsightFrame, address_of, people_at, subject_of
from marketing.queries import heatmap
from marketing.queries.insights import by_link, by_place, messages_of
from marketing.queries.numbers import messages_with


class InsightLinks(InsightFrame):
    def links_view(self, request: HttpRequest, kind: str, pk: str) -> HttpResponse:
        subject = subject_of(request, kind, pk)
        shown = _shown(request, messages_of(subject))
        places, only = _places(messages_of(subject), shown), {"version": shown["version"]}
        rows = [
            (place, people_at(kind, pk, "clicked", {"place": place.number, **only}),
             people_at(kind, pk, "clicked_all", {"place": place.number, **only}))
            for place in places
        ]  # fmt: skip
        links = [
            (line, people_at(kind, pk, "clicked", {"link": line.key}), people_at(kind, pk, "clicked_all", {"link": line.key}))
            for line in by_link(messages_of(subject))
        ]  # fmt: skip
        context = {
            "shown": shown,
            "places": rows,
            "links": links,
            "is_narrow": request.GET.get("on") == "mobile",
            "frame": f"{address_of('_heat', kind, pk)}?{urlencode({'shown': shown['key']})}",
        }
        return self._tab(request, kind, subject, "links", context)

    def heat_view(self, request: HttpRequest, kind: str, pk: str) -> HttpResponse:
        """The email with its numbers: a frame in which nothing runs."""
        messages = messages_of(subject_of(request, kind, pk))
        shown = _shown(request, messages)
        if not shown["ref"]:
            raise Http404
        purpose = messages.values_list("purpose", flat=True).first() or ""
        return HttpResponse(heatmap.drawn(shown["ref"], _places(messages, shown), purpose))


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
