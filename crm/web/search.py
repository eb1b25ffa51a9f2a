"""Search or do: records that the apps offer, and every door this person may open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from crm.hooks.search import SearchSource, sources
from crm.search.finding import find
from crm.web.context import OpenDoor, Shell

FEW, MANY = 5, 50


@dataclass(frozen=True)
class Group:
    """One heading of the answer with its hits."""

    label: str
    hits: list[Hit]


@dataclass(frozen=True)
class Hit:
    title: str
    url: str
    sentence: str
    icon: str


@login_required
def search(request: HttpRequest) -> HttpResponse:
    """The whole page: what a phone, a bookmark and a press of Enter get."""
    text = request.GET.get("q", "").strip()
    return render(request, "crm/search/page.html", {"text": text, "groups": groups_for(request, text, MANY)})


@login_required
def found(request: HttpRequest) -> HttpResponse:
    """What the palette shows while one types."""
    text = request.GET.get("q", "").strip()
    return render(request, "crm/search/_found.html", {"text": text, "groups": groups_for(request, text, FEW)})


def groups_for(request: HttpRequest, text: str, limit: int) -> list[Group]:
    """Commands first where they match, then records. “new …” offers what can be made."""
    groups = [
        Group(_("Go to and do"), _doors(Shell(request), text[:100].casefold().split())),
        *_records(request.user, text, limit),
    ]
    return [group for group in groups if group.hits]


def _doors(shell: Shell, words: list[str]) -> list[Hit]:
    areas = {"sales": _("Sales"), "marketing": _("Marketing"), "setup": _("Set-up"), "new": _("New")}
    hits = []
    for door in [*shell.open_doors, *(OpenDoor(link.label, link.icon, link.address) for link in shell.mine)]:
        label = door.label
        if door.area == "new" and not label.casefold().startswith(_("new").casefold()):
            label = f"{_('New')} {label[:1].lower()}{label[1:]}"
        if not words and door.area == "setup":
            continue
        searched = label.casefold()
        if all(word in searched for word in words):
            hits.append(Hit(label, door.address, areas.get(door.area, ""), door.icon))
    return hits


def _records(user: Any, text: str, limit: int) -> list[Group]:
    open_to_user = [source for source in sources() if user.may(source.kind, "view")]
    found = find(user, text, {source.kind: source.related for source in open_to_user}, limit)
    return [
        Group(str(source.label), [_hit(source, record) for record in found[source.kind]])
        for source in open_to_user
        if source.kind in found
    ]


def _hit(source: SearchSource, record: Any) -> Hit:
    return Hit(str(record), source.url(record), source.sentence(record), source.icon)
