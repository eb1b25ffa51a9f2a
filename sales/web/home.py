"""Home: what changed, what is due, what is hot, how far to quota; pictures that lead to their records and can be taken along."""

from __future__ import annotations

from typing import IO, Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from crm.access.depths import Depth, depth_of
from crm.access.see import must_be_able_to_at_all
from crm.bulk.sheets import MEDIA_TYPES, Heading, join, part
from crm.queries.rates import base_currency
from crm.templatetags.ui import money
from crm.web.requests import SignedIn
from sales.models import Lead, Opportunity
from sales.queries.home import Home
from sales.queries.my_work import first_things
from sales.queries.pictures import PICTURES
from sales.web.work_queue import key_of, places_of

LISTS = {"leads": "sales:leads", "opportunities": "sales:opportunities", "activities": "crm:activities"}


@login_required
def home(request: SignedIn) -> HttpResponse:
    """One's own; “Everything I see” for whoever sees more, which is what a manager begins with."""
    told = _home_of(request)
    pictures = [
        (name, title, question, [(bar, _address(bar.query, told)) for bar in draw(told)])
        for name, (title, question, draw) in PICTURES.items()
    ]
    standings, currency = told.leaderboard(), base_currency()
    mine = next((one for one in standings if one.user.pk == request.user.pk), None)
    team_quota = sum(one.quota or 0 for one in standings)
    pipeline = told.pipeline()
    context = {
        "home": told,
        "currency": currency,
        "pipeline": [
            (line, _address(f"opportunities?view=all&status=open&stage={line.stage}", told)) for line in pipeline
        ],
        "open_sum": sum(line.sums.sum for line in pipeline),
        "open_count": sum(line.sums.count for line in pipeline),
        "standings": standings,
        "mine": mine,
        "team_quota": team_quota,
        "team_quota_words": money(team_quota, currency),
        "my_quota_words": money(mine.quota, currency) if mine and mine.quota else "",
        "team_won": sum(one.won for one in standings),
        "news": told.news(),
        "due": told.due_today(),
        "due_url": _address(f"activities?view=all&status=open&due_at__to={told.today}", told),
        "hot": told.hot_leads(),
        "hot_url": _address("leads?view=hot", told),
        "pictures": pictures,
        "sees_more": _sees_more(request.user),
    }
    return render(request, "sales/home.html", context)


@login_required
def home_to_do(request: SignedIn) -> HttpResponse:
    """The reader's own first things, as lines of my work; the page fetches them beside itself."""
    must_be_able_to_at_all(request.user, "view", Opportunity)
    rows = first_things(request.user, timezone.now())
    places = places_of(rows, request.user)
    context = {
        "lines": [{"row": row, "place": places[key_of(row)], "is_lead": isinstance(row, Lead)} for row in rows],
        "may_log": request.user.may("crm.activity", "add"),
        "may_qualify": request.user.may("sales.lead", "change"),
        "back": reverse("sales:home"),
    }
    return render(request, "sales/_to_do.html", context)


@login_required
def home_picture(request: SignedIn, name: str, file_format: str) -> HttpResponse:
    """The table behind a picture as CSV or XLSX."""
    if name not in PICTURES or file_format not in MEDIA_TYPES:
        raise Http404
    title, _question, draw = PICTURES[name]
    rows = [(str(bar.label), str(bar.value), str(bar.beside)) for bar in draw(_home_of(request))]
    answer = HttpResponse(content_type=MEDIA_TYPES[file_format])
    answer["Content-Disposition"] = f'attachment; filename="{name}.{file_format}"'
    headings = [Heading(str(title), 30), Heading(""), Heading("")]
    join(file_format, str(title), headings, [part(file_format, rows, 0)], len(rows), cast(IO[bytes], answer))
    return answer


def _home_of(request: SignedIn) -> Home:
    must_be_able_to_at_all(request.user, "view", Opportunity)
    sees_more = _sees_more(request.user)
    usual = "all" if depth_of(request.user, "sales.opportunity", "view") >= Depth.BRANCH else "mine"
    return Home(request.user, is_all=sees_more and request.GET.get("whose", usual) == "all")


def _sees_more(user: Any) -> bool:
    return depth_of(user, "sales.opportunity", "view") > Depth.OWN


def _address(query: str, told: Home) -> str:
    """“leads?view=hot” as the address of the list, of one's own records where Home tells of these."""
    if not query:
        return ""
    name, _mark, asked = query.partition("?")
    return f"{reverse(LISTS[name])}?{asked}{'' if told.is_all else '&owner=me'}"
