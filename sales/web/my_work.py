"""My work: where a rep's day begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from crm.hooks.registry import Text
from crm.web.requests import SignedIn
from sales.queries.my_work import SOON, Block, MyWork, my_work
from sales.web.work_queue import Place, keep_queue, key_of, places_of


@dataclass(frozen=True)
class Line:
    """A row with the page it opens. `moment` is what its place in the day hangs on."""

    row: Any
    place: Place
    moment: date | datetime | None


@dataclass(frozen=True)
class Section:
    """One list of the page. `part` is the template of its rows; `whole` the list with all of them."""

    name: str
    title: Text
    icon: str
    part: str
    moment: str
    whole: str
    block: Block

    def lines(self, places: dict[str, Place]) -> list[Line]:
        return [Line(row, places[key_of(row)], getattr(row, self.moment)) for row in self.block.rows]


@login_required
def my_work_page(request: SignedIn) -> HttpResponse:
    now = timezone.now()
    work = my_work(request.user, now)
    keep_queue(request, work.keys())
    places = places_of((row for block in work.blocks for row in block.rows), request.user)
    shown = [section for section in _sections(work, request.user, now) if section.block.count]
    context = {
        "work": work,
        "sections": [(section, section.lines(places)) for section in shown],
        "may_log": request.user.may("crm.activity", "add"),
        "may_qualify": request.user.may("sales.lead", "change"),
    }
    return render(request, "sales/my_work/page.html", context)


def _sections(work: MyWork, user: Any, now: datetime) -> Iterator[Section]:
    leads = f"{reverse('sales:leads')}?{urlencode({'status': 'open', 'owner': user.pk})}"
    late, today, soon = ({"late": "yes"}, {"due_at__in": "today"}, {"due_at__next": "7"})
    closing = timezone.localdate(now) + SOON
    yield Section("new", _("New leads for you"), "flame", "new_lead", "assigned_at", leads, work.new_leads)
    yield Section(
        "overdue", _("Overdue"), "alert-circle", "activity", "due_at", _activities(user, **late), work.overdue
    )
    yield Section(
        "today", _("Due today"), "calendar-event", "activity", "due_at", _activities(user, **today), work.today
    )
    yield Section(
        "next", _("Next seven days"), "calendar-week", "activity", "due_at", _activities(user, **soon), work.next
    )
    yield Section("leads", _("Leads you are working"), "user-star", "lead", "assigned_at", leads, work.open_leads)
    yield Section(
        "closing", _("Deals that close soon"), "target", "deal", "estimated_close",
        _deals(user, closes_until=closing), work.closing,
    )  # fmt: skip
    yield Section(
        "stalled", _("Too long in the same stage"), "hourglass", "deal", "stage_since",
        _deals(user, stalled="true"), work.stalled,
    )  # fmt: skip


def _activities(user: Any, **more: str) -> str:
    return f"{reverse('crm:activities')}?{urlencode({'status': 'open', 'owner': user.pk, 'sort': 'due_at', **more})}"


def _deals(user: Any, **more: Any) -> str:
    return f"{reverse('sales:opportunities')}?{urlencode({'status': 'open', 'owner': user.pk, **more})}"
