"""The page of a segment, tab by tab: members, chosen by hand, over time, insights, used by; and two beside each other."""

from __future__ import annotations

import csv
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access.see import see_or_404
from crm.bulk.asking import may_do
from crm.errors import CrmError
from crm.hooks import bulk_actions
from crm.models import Contact
from crm.rules.use import words
from crm.search.finding import narrow
from crm.web.lists import page_of
from crm.web.pages import answer, done
from marketing import starts
from marketing.actions.segments import choose_people, keep_part
from marketing.models import Segment, SegmentChoice
from marketing.queries.segment_pages import (
    PARTS,
    WENT,
    comings_and_goings,
    insights,
    narrowed,
    over_time,
    overlap,
    people_in_part,
    people_of,
    visible_count,
)
from marketing.queries.segments import members, query_of
from marketing.uses import uses_of

TONES = {"ready": "success", "building": "info", "problem": "danger"}
CHOICES = {"in": True, "out": False, "rule": None}
CONTACTS = "crm.contact"


class SegmentTabs:
    """Views of SegmentAdmin."""

    admin_site: Any

    def tab_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        pages = {
            "members": self.members_view, "chosen": self.chosen_view, "time": self.time_view,
            "insights": self.insights_view, "uses": self.uses_view, "compare": self.compare_view,
        }  # fmt: skip
        urls = [path(f"<int:pk>/{name}/", view(page), name=f"marketing_segment_{name}") for name, page in pages.items()]
        return [
            *urls,
            path("<int:pk>/sizes.csv", view(self.sizes_view), name="marketing_segment_sizes"),
            path("<int:pk>/choose/", view(require_POST(self.choose_view)), name="marketing_segment_choose"),
            path("<int:pk>/keep-part/", view(require_POST(self.keep_view)), name="marketing_segment_keep"),
        ]

    def members_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        segment = self.seen(request, pk)
        rows = members(segment, request.user)
        by, key = request.GET.get("by", ""), request.GET.get("is", "")
        if by:
            some = narrowed(people_of(segment, request.user), by, key, timezone.now())
            if some is None:
                raise Http404
            rows = rows.filter(contact__in=some.order_by().values("pk"))
        if wanted := request.GET.get("q", "").strip():
            rows = rows.filter(contact__in=narrow(Contact.objects.all(), wanted).values("pk"))
        page = page_of(request, rows)
        shown = [member.contact_id for member in page]
        kept_in = SegmentChoice.objects.filter(segment=segment, contact__in=shown, is_included=True)
        context = {
            "page": page,
            "q": wanted,
            "by": by,
            "key": key,
            "kept_in": set(kept_in.values_list("contact_id", flat=True)),
        }
        return self._tab(request, segment, "members", context)

    def chosen_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Who is in or out by hand, by whom and since when; and a search for whom to put in or keep out."""
        segment = self.seen(request, pk)
        visible = Contact.objects.visible_to(request.user)
        rows = SegmentChoice.objects.filter(segment=segment, contact__in=visible.values("pk"))
        wanted = request.GET.get("q", "").strip()
        context = {
            "page": page_of(request, rows.select_related("contact", "by").order_by("-at", "-pk")),
            "q": wanted,
            "found": narrow(visible, wanted)[:10] if wanted else [],
        }
        return self._tab(request, segment, "chosen", context)

    def time_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        segment = self.seen(request, pk)
        rows = comings_and_goings(segment, request.user)
        if (only := f"segment.{request.GET.get('only', '')}") in WENT:
            rows = rows.filter(kind=only)
        history = over_time(segment)
        context = {
            "history": history,
            "newest": list(reversed(history.points)),
            "page": page_of(request, rows),
            "only": only,
        }
        return self._tab(request, segment, "time", context)

    def sizes_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the picture over time shows, as a CSV file."""
        segment = self.seen(request, pk)
        file = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
        file["Content-Disposition"] = f'attachment; filename="segment-{pk}-sizes.csv"'
        sheet = csv.writer(file)
        sheet.writerow([_("When"), _("People"), _("Entered"), _("Left")])
        for point in over_time(segment).points:
            at = timezone.localtime(point.at)
            sheet.writerow([f"{at:%Y-%m-%d %H:%M}", point.members, point.entered, point.left])
        return file

    def insights_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        segment = self.seen(request, pk)
        address = reverse("admin:marketing_segment_members", args=[pk])
        told = [
            (one, [(line, f"{address}?{urlencode({'by': one.name, 'is': line.key})}") for line in one.slices])
            for one in insights(segment, request.user, timezone.now())
        ]
        return self._tab(request, segment, "insights", {"insights": told})

    def uses_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        segment = self.seen(request, pk)
        return self._tab(request, segment, "uses", {"uses": uses_of([pk]).get(pk, [])})

    def compare_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Choose another segment; then how far they overlap, and the people of each part."""
        a = self.seen(request, pk)
        others = Segment.objects.visible_to(request.user).exclude(pk=pk).order_by("name", "pk")
        context: dict[str, Any] = {
            "others": others[:500],
            "may_keep": _user(request).may("marketing.segment", "add"),
            "title": _("Compare “%s”") % a,
            "segment": a,
        }
        if (chosen := request.GET.get("with", "")).isdigit():
            b = see_or_404(others, int(chosen), request.user)
            part = request.GET.get("part", "")
            told = overlap(a, b, request.user)
            labels = {"only_a": _("Only in “%s”") % a, "both": _("In both"), "only_b": _("Only in “%s”") % b}
            context |= {
                "other": b,
                "overlap": told,
                "parts": [(name, labels[name], getattr(told, name)) for name in PARTS],
                "bars": _bars(told),
                "part": part if part in PARTS else "",
                "part_label": labels.get(part, ""),
                "page": page_of(request, people_in_part(a, b, part, request.user)) if part in PARTS else None,
            }
        return self.page(request, "admin/marketing/segment/compare.html", context)

    def keep_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Keep a part of a comparison as a list."""
        a = self.seen(request, pk)
        other, part = request.POST.get("with", ""), request.POST.get("part", "")
        if part not in PARTS or not other.isdigit():
            raise Http404
        b = see_or_404(Segment, int(other), request.user)
        people = people_in_part(a, b, part, request.user)
        return self.acted(
            request,
            pk,
            lambda segment: keep_part(segment, b, part, people, by=_user(request)),
            _("“{}” keeps them as they are now."),
        )

    def choose_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        chosen = [int(one) for one in request.POST.getlist("contact") if one.isdigit()]
        how = request.POST.get("how", "")
        if how not in CHOICES:
            raise Http404
        sentences = {
            "in": _("They are in “{}”, whatever its rule says."),
            "out": _("They are kept out of “{}”."),
            "rule": _("The rule of “{}” decides again."),
        }

        def choose(segment: Segment) -> Segment:
            choose_people(segment, chosen, is_included=CHOICES[how], by=_user(request))
            return segment

        to = "members" if request.POST.get("from") == "members" else "chosen"
        return self.acted(request, pk, choose, sentences[how], to=to)

    def seen(self, request: HttpRequest, pk: int) -> Segment:
        return see_or_404(Segment.objects.select_related("owner", "team"), pk, request.user)

    def _tab(self, request: HttpRequest, segment: Segment, tab: str, context: dict[str, Any]) -> HttpResponse:
        user = _user(request)
        frame = {
            "segment": segment,
            "title": segment.name,
            "tab": tab,
            "tabs": [
                (name, label, reverse(f"admin:marketing_segment_{name}", args=[segment.pk]))
                for name, label in _labels().items()
            ],
            "words": words(segment.rule) if segment.rule else "",
            "tone": TONES[segment.status],
            "visible": visible_count(segment, user),
            "may_change": Segment.objects.editable_by(user).filter(pk=segment.pk).exists(),
            "bulk": [
                one for one in bulk_actions.actions_on(CONTACTS) if not one.from_bin and may_do(one, CONTACTS, user)
            ],
            "bulk_query": query_of(segment),
            "starts": starts.offered(segment, user),
        }
        return self.page(request, f"admin/marketing/segment/{tab}.html", frame | context)

    def acted(self, request: HttpRequest, pk: int, command: Any, sentence: str, to: str = "members") -> HttpResponse:
        segment = self.seen(request, pk)
        try:
            acted = command(segment)
        except CrmError as problem:
            return answer(request, problem, reverse(f"admin:marketing_segment_{to}", args=[pk]))
        return done(request, sentence.format(acted), reverse(f"admin:marketing_segment_{to}", args=[acted.pk]))

    def page(self, request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        whole = {**self.admin_site.each_context(request), "opts": Segment._meta, **context}
        return render(request, template, whole, status=status)


def _labels() -> dict[str, str]:
    return {
        "members": _("Members"), "chosen": _("Chosen by hand"), "time": _("Over time"), "insights": _("Insights"),
        "uses": _("Used by"),
    }  # fmt: skip


def _bars(told: Any) -> list[tuple[str, float, float]]:
    """(part, x, width), in per cent of the picture."""
    bars, x = [], 0.0
    for name in PARTS:
        width = getattr(told, name) * 100 / (told.all or 1)
        bars.append((name, round(x, 3), round(width, 3)))
        x += width
    return bars


def _user(request: HttpRequest) -> Any:
    """Whoever is signed in; the admin lets in nobody else."""
    return request.user
