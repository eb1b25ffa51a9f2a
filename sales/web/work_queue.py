"""From one record of my work to the next without going back: the order of the page is kept in the session."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.models import Activity
from crm.queries.addresses import address_of
from crm.queries.named import record_named
from crm.queries.naming import Key, names_for
from crm.web.requests import SignedIn

KEPT = "my_work"


@dataclass(frozen=True)
class Place:
    """Where a piece of work is done: the page it opens, and what that page is about."""

    name: str
    address: str


def key_of(row: Any) -> str:
    return f"{row._meta.label_lower}:{row.pk}"


def keep_queue(request: HttpRequest, keys: Iterable[str]) -> None:
    """The order in which the rows were seen. Written only where it has changed."""
    queue = list(keys)
    if request.session.get(KEPT) != queue:
        request.session[KEPT] = queue


def places_of(rows: Iterable[Any], user: Any) -> dict[str, Place]:
    """Each row's page: of an activity what it regards, else its contact, its account, else itself; as far as the user sees them."""
    rows = list(rows)
    about = {row.pk: list(_about(row)) for row in rows if isinstance(row, Activity)}
    names = names_for(user, [key for keys in about.values() for key in keys])
    found = {}
    for row in rows:
        keys = about[row.pk] if isinstance(row, Activity) else []
        named = next((names[key] for key in keys if names[key].address), None)
        name, address = (named.name, named.address) if named else ("", address_of(row))
        found[key_of(row)] = Place(name, f"{address}?{urlencode({'work': key_of(row)})}")
    return found


def _about(activity: Activity) -> Iterator[Key]:
    if activity.regarding_type and activity.regarding_id:
        yield f"{activity.regarding_type.app_label}.{activity.regarding_type.model}", activity.regarding_id
    if activity.contact_id:
        yield "crm.contact", activity.contact_id
    if activity.account_id:
        yield "crm.account", activity.account_id


@login_required
def next_work(request: SignedIn) -> HttpResponse:
    """Lead on to what follows `after` in the queue (with `back`: what is before it) and is still to do; at its end back to the page."""
    queue, after = request.session.get(KEPT, []), request.GET.get("after", "")
    at = queue.index(after) if after in queue else -1
    keys = reversed(queue[: max(at, 0)]) if "back" in request.GET else iter(queue[at + 1 :])
    for key in keys:
        row = _open_row(key, request.user)
        if row is not None:
            return redirect(places_of([row], request.user)[key].address)
    if "back" not in request.GET:
        messages.info(request, _("That was the last one of your list."))
    return redirect("sales:my-work")


def work_bar(request: HttpRequest, record: Any) -> SafeString | str:
    """On a record opened from my work: what is to do with it, where it stands in the queue, and the way to the next one."""
    key, queue = request.GET.get("work", ""), request.session.get(KEPT, [])
    row = _open_row(key, request.user) if key in queue else None
    if row is None:
        return ""
    at = queue.index(key)
    context = {
        "activity": row if isinstance(row, Activity) else None,
        "number": at + 1,
        "count": len(queue),
        "next": f"{reverse('sales:my-work-next')}?{urlencode({'after': key})}",
        "is_first": at == 0,
        "call": _call_address(row, record),
        "may_change": isinstance(row, Activity) and row.owner_id == request.user.pk,
    }
    return render_to_string("sales/my_work/_bar.html", context, request=request)


def _call_address(row: Any, record: Any) -> str:
    if isinstance(row, Activity) and row.kind == Activity.Kind.CALL:
        return f"{reverse('crm:call')}?{urlencode({'on': key_of(record), 'planned': str(row.pk)})}"
    return ""


def _open_row(key: str, user: Any) -> Any:
    """The row that a key names, where it is still open and seen."""
    with suppress(Http404):
        row = record_named(key, user)
        if row is not None and row.status == "open":
            return row
    return None
