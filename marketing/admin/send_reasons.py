"""After a send: everybody who was meant and why she got it or not, by reason; the answer for one person; the sheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from crm.access.see import see_or_404
from crm.models import Contact
from crm.web.lists import page_of
from marketing.admin.insight_sheets import as_text
from marketing.models import Send
from marketing.queries import reasons

MOST_FOUND = 20


class SendReasons:
    """Views of SendAdmin."""

    admin_site: Any

    def reason_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, "marketing_send_reasons"
        return [
            path("<int:pk>/reasons/", view(self.reasons_view), name=name),
            path("<int:pk>/reasons/people/", view(self.reason_view), name=f"{name}_people"),
            path("<int:pk>/reasons.csv", view(self.reasons_csv), name=f"{name}_csv"),
        ]

    def reasons_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The groups, and the search for one person."""
        send = see_or_404(Send, pk, request.user)
        asked = request.GET.get("q", "").strip()[:200]
        seen = Contact.objects.visible_to(request.user)
        groups = reasons.groups_of(send)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Who got it, and why not: %s") % send,
            "send": send,
            "groups": [(group, _people_at(send, group)) for group in groups],
            "total": sum(group.n for group in groups),
            "asked": asked,
            "found": reasons.why(send, list(reasons.found_by(seen, asked)[:MOST_FOUND])) if asked else None,
            "most": MOST_FOUND,
        }
        return render(request, "admin/marketing/sends/reasons.html", context)

    def reason_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The people of one reason, as far as the reader may see them."""
        send = see_or_404(Send, pk, request.user)
        key, reason = request.GET.get("group", ""), request.GET.get("reason", "")
        try:
            rows = reasons.people(send, key, reason)
        except LookupError:
            raise Http404 from None
        seen = rows.filter(contact__in=Contact.objects.visible_to(request.user).order_by().values("pk"))
        page = page_of(request, seen.select_related("contact").order_by("pk"))
        context = {
            **self.admin_site.each_context(request),
            "title": next(
                (one.label for one in reasons.groups_of(send) if (one.key, one.reason) == (key, reason)), reason
            ),
            "send": send,
            "page": page,
            "people": [reasons.told(row, send) for row in page.object_list],
        }
        return render(request, "admin/marketing/sends/reason.html", context)

    def reasons_csv(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """Everybody, in pieces, however many."""
        send = see_or_404(Send, pk, request.user)
        lines = _lines(send, Contact.objects.visible_to(request.user))
        file = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        file["Content-Disposition"] = f'attachment; filename="send-{send.pk}-people.csv"'
        return file


class _Line:
    """What csv writes is handed on at once."""

    def write(self, text: str) -> str:
        return text


def _lines(send: Send, seen: Any) -> Iterator[str]:
    sheet = csv.writer(_Line())
    yield "\ufeff"
    yield sheet.writerow([_("Id"), _("Person"), _("Address"), _("What became of it")])
    for one in reasons.everybody(send, seen):
        cells = [str(one.contact), one.address, one.words]
        yield sheet.writerow([one.contact.pk, *map(as_text, cells)])


def _people_at(send: Send, group: reasons.Group) -> str:
    asked = {"group": group.key, "reason": group.reason} if group.reason else {"group": group.key}
    return f"{reverse('admin:marketing_send_reasons_people', args=[send.pk])}?{urlencode(asked)}"
