"""The board: a page, the next cards of a column, a card moved, and what colleagues changed meanwhile."""

from __future__ import annotations

from collections.abc import Collection
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

from crm.errors import CrmError, Forbidden, NotAllowed
from crm.field_operators import ME, MY_TEAM
from crm.hooks import records
from crm.queries.lists import ListQuery
from crm.queries.rates import base_currency
from crm.web.addresses import GROUPED, query_with
from crm.web.lists import Empty
from crm.web.pages import answer
from crm.web.record_lists import RecordList
from sales.actions.board import move_card, place_card
from sales.actions.closing import told_as_closed
from sales.actions.steps import missing_on_the_way
from sales.models import Opportunity, Stage
from sales.queries.board import LANES, MOST_CHANGES, MOST_SHOWN, Board, changed_since
from sales.queries.board_columns import GROUPINGS, Column, Grouping
from sales.queries.next_steps import next_steps
from sales.web.opportunities import mine
from sales.web.opportunity_forms import missing_form
from sales.web.stages import explain

KIND = "sales.opportunity"
OURS = ("by", "lane", "after", "since", "first", "lanes")


@login_required
def board(request: HttpRequest) -> HttpResponse:
    """The open deals of a list's query string; `by` says what the columns stand for."""
    user: Any = request.user
    if not user.may(KIND, "view"):
        raise Forbidden(_("Your role does not let you see this: %s.") % records.get(KIND).plural)
    kind = records.get(KIND)
    if not request.GET and (key := ListQuery(kind, user, request.GET).shelf.default_key):
        return redirect(f"{request.path}?view={key}")
    request.GET = _grouped(request)  # type: ignore[assignment]
    shown = RecordList(request, kind, Empty(_("No deal here."), ""))
    context: dict[str, Any] = {"list": shown, "groupings": _groupings(request), "whose": _whose(shown), "lanes": []}
    if not shown.asked.problems:
        made = Board(shown.asked, _grouping(request), timezone.localdate())
        context |= _lanes(request, made, 0)
    status = 400 if shown.asked.problems else 200
    return render(request, "sales/opportunities/board.html", context, status=status)


@login_required
def board_lanes(request: HttpRequest) -> HttpResponse:
    """Further columns, where there are more than come at once."""
    first = _key(request.GET.get("first", "")) or 0
    return render(request, "sales/opportunities/_lanes.html", _lanes(request, _board(request), first))


@login_required
def board_lane(request: HttpRequest) -> HttpResponse:
    """The cards of a column after a mark; the column asks for them as it is scrolled."""
    made = _board(request)
    column = _column(made, request.GET.get("lane", ""))
    page = made.page(column, request.GET.get("after", ""))
    context = {"page": page, "column": column, **_drawing(request, made, page.rows)}
    return render(request, "sales/opportunities/_cards.html", context)


@login_required
@require_POST
def board_changes(request: HttpRequest) -> HttpResponse:
    """What was changed since the reader last looked, as cards, and which of the cards `shown` have left; 204 for nothing.

    Asked every few seconds: a few index look-ups, and an answer only where there is one. That holds on any web server and
    through any proxy, where a stream to every open board would hold a worker each. It is a POST because the cards shown may
    be more than an address holds.
    """
    since = parse_datetime(request.GET.get("since", "").replace(" ", "+"))
    if since is None or timezone.is_naive(since):
        raise Http404
    now, made = timezone.now(), _board(request)
    changed = changed_since(since)
    if len(changed) > MOST_CHANGES:
        return HttpResponse(status=205)
    shown = [key for text in request.POST.get("shown", "").split(",")[:MOST_SHOWN] if (key := _key(text))]
    left = set(shown) - made.standing(shown)
    if not changed and not left:
        return HttpResponse(status=204)
    return _changes(request, made, changed, now, left=left)


@login_required
@require_POST
def board_move(request: HttpRequest, pk: int) -> HttpResponse:
    """A card was dropped: it is moved, or what the stages on the way still need is asked for in one dialog."""
    record, made = mine(request, pk), _board(request)
    to = request.POST.get("to", "")
    column = _column(made, to)
    values: dict[str, Any] = {}
    if not record.is_open:
        return answer(request, NotAllowed(told_as_closed(record)), _address(request))
    if made.grouping.name == "stage" and (missing := missing_on_the_way(record, to)) and record.is_under_way:
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


def _lanes(request: HttpRequest, made: Board, first: int) -> dict[str, Any]:
    """What the columns from a number on are drawn with."""
    lanes = made.lanes(first)
    cards = [card for lane in lanes if lane.page for card in lane.page.rows]
    further = {"first": first + LANES, "count": made.lanes_after(first)}
    return {"lanes": lanes, "further": further, "total": made.total, **_drawing(request, made, cards)}


def _changes(
    request: HttpRequest, made: Board, keys: list[int], now: datetime, *, left: Collection[int] = (), said: str = ""
) -> HttpResponse:
    cards = made.cards(keys)
    gone = {*keys, *left} - {card.pk for card in cards}
    lanes = made.heads(_key(request.GET.get("lanes", "")))
    context = {"lanes": lanes, "total": made.total, "cards": cards, "gone": sorted(gone), "said": said}
    context |= _drawing(request, made, cards)
    return render(request, "sales/opportunities/_board_changes.html", {**context, "now": now})


def _drawing(request: HttpRequest, made: Board, cards: list[Opportunity]) -> dict[str, Any]:
    """What a card is drawn with: its column, what is planned next, and whether the reader may move it."""
    editable = Opportunity.objects.editable_by(request.user).filter(pk__in=[card.pk for card in cards])
    steps = next_steps(cards, request.user)
    for card in cards:
        card.lane, card.step = made.column_of(card), steps.get(card.pk)
    return {
        "grouping": made.grouping,
        "columns": made.columns,
        "currency": base_currency(),
        "editable": set(editable.values_list("pk", flat=True)),
        "now": timezone.now(),
        "today": made.today,
        "query": query_with(request.GET, without=["lane", "since", "first", "lanes"]),
        "list_query": query_with(request.GET, without=OURS),
    }


def _board(request: HttpRequest) -> Board:
    query = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        if name not in OURS:
            query.setlist(name, values)
    return Board(ListQuery(records.get(KIND), request.user, query), _grouping(request), timezone.localdate())


def _grouped(request: HttpRequest) -> QueryDict:
    """What was asked, with the grouping said: by it, filters and views know that they belong to the board."""
    query = request.GET.copy()
    query[GROUPED] = _grouping(request).name
    return query


def _grouping(request: HttpRequest) -> Grouping:
    return GROUPINGS.get(request.GET.get("by", ""), GROUPINGS["stage"])


def _groupings(request: HttpRequest) -> list[tuple[Any, str, bool]]:
    """Label, address and whether it is the one shown."""
    current = _grouping(request)
    return [(one.label, query_with(request.GET, by=one.name), one is current) for one in GROUPINGS.values()]


def _whose(shown: RecordList) -> list[tuple[str, str, bool]]:
    """Everybody's deals, those of the team, one's own: label, address and whether it is what is shown."""
    current = shown.asked.params.getlist("owner")
    everybodys = query_with(shown.query, without=["owner"])
    if shown.asked.is_in_view("owner"):
        everybodys = f"{everybodys}{'' if everybodys == '?' else '&'}owner="
    return [
        (_("All"), everybodys, "owner" not in shown.conditions),
        (_("My team"), query_with(shown.query, without=["owner"], owner=MY_TEAM), current == [MY_TEAM]),
        (_("Mine"), query_with(shown.query, without=["owner"], owner=ME), current == [ME]),
    ]


def _column(made: Board, key: str) -> Column:
    found = next((column for column in made.columns if column.key == key), None)
    if found is None:
        raise Http404
    return found


def _address(request: HttpRequest) -> str:
    return f"{reverse('sales:board')}{query_with(request.GET)}"
