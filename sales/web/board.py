"""The board: a page, the next cards of a column, a card moved, and what colleagues changed meanwhile."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.errors import CrmError, Forbidden
from crm.hooks import records
from crm.queries.lists import ListQuery
from crm.queries.rates import base_currency
from crm.web.addresses import query_with
from crm.web.lists import Empty
from crm.web.pages import answer, done, is_htmx
from crm.web.record_lists import RecordList
from sales.actions.board import move_card, place_card
from sales.actions.steps import missing_on_the_way
from sales.models import Opportunity, Stage
from sales.queries.board import MOST_CHANGES, Board, changed_since
from sales.queries.board_columns import GROUPINGS, Column, Grouping
from sales.web.opportunities import mine
from sales.web.opportunity_forms import missing_form
from sales.web.stages import explain

KIND = "sales.opportunity"
OURS = ("by", "lane", "after", "since")


@login_required
def board(request: HttpRequest) -> HttpResponse:
    """The open deals of a list's query string; `by` says what the columns stand for."""
    user: Any = request.user
    if not user.may(KIND, "view"):
        raise Forbidden(_("Your role does not let you see this: %s.") % records.get(KIND).plural)
    shown = RecordList(request, records.get(KIND), Empty(_("No deal here."), ""))
    context: dict[str, Any] = {"list": shown, "groupings": _groupings(request), "lanes": []}
    if not shown.asked.problems:
        made = _board(request)
        lanes = made.lanes()
        cards = [card for lane in lanes if lane.page for card in lane.page.rows]
        context |= {"lanes": lanes, **_drawing(request, made, cards)}
    status = 400 if shown.asked.problems else 200
    return render(request, "sales/opportunities/board.html", context, status=status)


@login_required
def board_lane(request: HttpRequest) -> HttpResponse:
    """The cards of a column after a mark; the column asks for them as it is scrolled."""
    made = _board(request)
    column = _column(made, request.GET.get("lane", ""))
    page = made.page(column, request.GET.get("after", ""))
    context = {"page": page, "column": column, **_drawing(request, made, page.rows)}
    return render(request, "sales/opportunities/_cards.html", context)


@login_required
def board_changes(request: HttpRequest) -> HttpResponse:
    """What was changed since the reader last looked, as cards; 204 where nothing was.

    Asked every few seconds: two index look-ups, and an answer only where there is one. That holds on any web server and
    through any proxy, where a stream to every open board would hold a worker each.
    """
    since = parse_datetime(request.GET.get("since", "").replace(" ", "+"))
    if since is None or timezone.is_naive(since):
        raise Http404
    now = timezone.now()
    keys = changed_since(since)
    if not keys:
        return HttpResponse(status=204)
    if len(keys) > MOST_CHANGES:
        return HttpResponse(status=205)
    return _changes(request, _board(request), keys, now)


@login_required
@require_POST
def board_move(request: HttpRequest, pk: int) -> HttpResponse:
    """A card was dropped: it is moved, or what the stages on the way still need is asked for in one dialog."""
    record, made = mine(request, pk), _board(request)
    to = request.POST.get("to", "")
    column = _column(made, to)
    values: dict[str, Any] = {}
    if made.grouping.name == "stage" and (missing := missing_on_the_way(record, to)) and record.is_under_way:
        if not is_htmx(request):
            return redirect("sales:opportunity-move", record.pk, to)
        form = missing_form(record, missing, request.user, request.POST if "filled" in request.POST else None)  # type: ignore[arg-type]
        if not form.is_valid():
            return _asked(request, record, to, form)
        values = form.cleaned_data
    try:
        _move(request, record, made, column, values)
    except CrmError as problem:
        if values and not isinstance(problem, Forbidden):
            explain(form, problem)
            return _asked(request, record, to, form)
        return answer(request, problem, _address(request))
    if not is_htmx(request):
        return done(request, _("Now in %(column)s.") % {"column": column.label}, _address(request))
    return _changes(request, _board(request), [pk], timezone.now(), said=f"{record}: {column.label}")


def _move(request: HttpRequest, record: Opportunity, made: Board, column: Column, values: dict[str, Any]) -> None:
    above, below = (_key(request.POST.get(name, "")) for name in ("above", "below"))
    user: Any = request.user
    if column.key == made.column_of(record):
        place_card(record, above=above, below=below, by=user)
        return
    move_card(
        record,
        grouping=made.grouping.name,
        to=column.key,
        above=above,
        below=below,
        today=made.today,
        by=user,
        **values,
    )


def _key(text: str) -> int | None:
    return int(text) if text.isdigit() and len(text) < 19 else None


def _asked(request: HttpRequest, record: Opportunity, to: str, form: Any) -> HttpResponse:
    context = {"opportunity": record, "to": Stage(to), "stage_form": form, "sentence": form.sentence}
    return render(request, "sales/opportunities/_board_ask.html", context, status=422)


def _changes(request: HttpRequest, made: Board, keys: list[int], now: datetime, said: str = "") -> HttpResponse:
    cards = made.cards(keys)
    gone = set(keys) - {card.pk for card in cards}
    context = {"lanes": made.heads(), "cards": cards, "gone": sorted(gone), "said": said}
    context |= _drawing(request, made, cards)
    return render(request, "sales/opportunities/_board_changes.html", {**context, "now": now})


def _drawing(request: HttpRequest, made: Board, cards: list[Opportunity]) -> dict[str, Any]:
    """What a card is drawn with."""
    editable = Opportunity.objects.editable_by(request.user).filter(pk__in=[card.pk for card in cards])
    for card in cards:
        card.lane = made.column_of(card)
    return {
        "grouping": made.grouping,
        "columns": made.columns,
        "currency": base_currency(),
        "editable": set(editable.values_list("pk", flat=True)),
        "now": timezone.now(),
        "today": made.today,
        "query": query_with(request.GET, without=["lane", "since"]),
        "list_query": query_with(request.GET, without=OURS),
    }


def _board(request: HttpRequest) -> Board:
    query = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        if name not in OURS:
            query.setlist(name, values)
    return Board(ListQuery(records.get(KIND), request.user, query), _grouping(request), timezone.localdate())


def _grouping(request: HttpRequest) -> Grouping:
    return GROUPINGS.get(request.GET.get("by", ""), GROUPINGS["stage"])


def _groupings(request: HttpRequest) -> list[tuple[Any, str, bool]]:
    """Label, address and whether it is the one shown."""
    current = _grouping(request)
    return [(one.label, query_with(request.GET, by=one.name), one is current) for one in GROUPINGS.values()]


def _column(made: Board, key: str) -> Column:
    found = next((column for column in made.columns if column.key == key), None)
    if found is None:
        raise Http404
    return found


def _address(request: HttpRequest) -> str:
    return f"{reverse('sales:board')}{query_with(request.GET)}"
