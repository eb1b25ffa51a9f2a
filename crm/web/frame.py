"""The frame of every record's page: its head, its tabs, its menu. A page fills in its own parts, apps add theirs by hooks.

    return render_record(request, account, "crm/accounts/detail.html")

Tabs come from crm.hooks.tabs, entries of the menu from crm.hooks.record_commands, boxes of the side from crm.hooks.panels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.access.depths import may, reaches_plainly
from crm.access.why import why_not
from crm.actions.tags import tags_of
from crm.actions.visits import note_visit
from crm.hooks import record_commands, records, tabs
from crm.hooks.panels import panels_on
from crm.hooks.record_commands import Command
from crm.hooks.records import RecordKind
from crm.hooks.registry import Text
from crm.models import Follow, Tag
from crm.queries.naming import Key, Named, names_for
from crm.queries.timeline import TimelinePage, timeline_of
from crm.web.facts import NOT_FACTS, Fact, Facts, fact_of, facts_of
from crm.web.values import keys_in

SUMMARY = "summary"


@dataclass(frozen=True)
class OpenTab:
    name: str
    label: Text
    address: str
    is_current: bool


@dataclass(frozen=True)
class Entry:
    """An entry of the menu that this reader may use."""

    command: Command
    address: str

    @property
    def way(self) -> str:
        return self.command.way


@dataclass(frozen=True)
class Following:
    count: int
    is_mine: bool


class Frame:
    """What the page of a record says around its own parts. Asked for by the template, so that a tab pays only for itself."""

    def __init__(self, request: HttpRequest, record: Any) -> None:
        self.request, self.record = request, record
        self.user: Any = request.user
        self.label: str = record._meta.label_lower
        self.kind: RecordKind | None = records.get(self.label) if records.known(self.label) else None
        self._tabs = tabs.tabs_on(record)
        asked = request.GET.get("tab", SUMMARY)
        self.tab = asked if any(tab.name == asked for tab in self._tabs) else SUMMARY

    @property
    def tabs(self) -> list[OpenTab]:
        address = self.record.get_absolute_url()
        summary = OpenTab(SUMMARY, _("Summary"), address, self.tab == SUMMARY)
        return [
            summary,
            *(OpenTab(t.name, t.label, f"{address}?tab={t.name}", t.name == self.tab) for t in self._tabs),
        ]

    @cached_property
    def body(self) -> SafeString | str:
        """What the open tab draws; the summary is the page's own."""
        tab = next((tab for tab in self._tabs if tab.name == self.tab), None)
        return tab.render(self.request, self.record) if tab else ""

    @cached_property
    def reach(self) -> set[str]:
        """The verbs with which the reader reaches this record."""
        if not self._is_owned:
            return {verb for verb in self._verbs if may(self.user, self.label, verb)}
        return {verb for verb in self._verbs if self._plainly[verb] or self._asked.get(verb)}

    @cached_property
    def _plainly(self) -> dict[str, bool | None]:
        """What the record itself says of each verb, so that the database is only asked of shares and paths."""
        return {verb: reaches_plainly(self.user, verb, self.record) for verb in self._verbs}

    @cached_property
    def _asked(self) -> dict[str, bool]:
        """What the database says of the verbs that shares and paths may give, at one go."""
        open_verbs = [verb for verb in self._verbs if self._plainly[verb] is None]
        if not open_verbs:
            return {}
        marks = {verb: Exists(self._reached(verb)) for verb in open_verbs}
        return type(self.record)._base_manager.filter(pk=self.record.pk).values(**marks).first() or {}

    @cached_property
    def _verbs(self) -> list[str]:
        return sorted({"change", *(command.verb for command in record_commands.commands_on(self.record))} - {"view"})

    @property
    def _is_owned(self) -> bool:
        return hasattr(type(self.record)._default_manager.all(), "reachable_by")

    def _reached(self, verb: str) -> Any:
        model: Any = type(self.record)
        return model._default_manager.all().reachable_by(self.user, verb).filter(pk=OuterRef("pk")).order_by()

    @property
    def may_change(self) -> bool:
        return "change" in self.reach

    @property
    def may_assign(self) -> bool:
        return "assign" in self.reach

    @cached_property
    def why_locked(self) -> str:
        return str(self.kind.why_locked(self.record)) if self.kind else ""

    @property
    def may_edit(self) -> bool:
        """May the reader edit its facts now?"""
        return self.may_change and not self.why_locked

    @property
    def why_not(self) -> str:
        """Why the facts are only to be read: the record's state, or whose it is."""
        if self.why_locked or self.may_change:
            return self.why_locked
        return why_not(self.user, self.record, "change")

    @cached_property
    def menu(self) -> list[Entry]:
        return [Entry(c, c.address(self.record)) for c in self._open_commands() if not c.is_primary]

    @cached_property
    def primary(self) -> Entry | None:
        """The button of a page that has none of its own."""
        return next((Entry(c, c.address(self.record)) for c in self._open_commands() if c.is_primary), None)

    def _open_commands(self) -> Iterator[Command]:
        for command in record_commands.commands_on(self.record):
            granted = command.permission is None or self.user.may(*command.permission)
            if granted and (command.verb == "view" or command.verb in self.reach):
                yield command

    @cached_property
    def facts(self) -> Facts:
        return facts_of(self.record, self._names, may_edit=self.may_edit, why_not=self.why_not)

    def fact(self, name: str) -> Fact:
        """One fact that the page shows elsewhere; it is edited in its place like the others."""
        return fact_of(self.record, name, self._names, may_edit=self.may_edit)

    @cached_property
    def _names(self) -> dict[Key, Named]:
        """Of all that its facts point at, read at one go."""
        assert self.kind is not None
        facts = (field for field in self.kind.all_fields() if field.name not in NOT_FACTS)
        return names_for(self.user, keys_in(facts, self.record))

    @cached_property
    def tags(self) -> list[Tag]:
        return tags_of([self.record]).get(self.record.pk, [])

    @cached_property
    def timeline(self) -> TimelinePage:
        return timeline_of(self.record, self.user)

    @cached_property
    def since(self) -> datetime | None:
        """When the reader was here before: what happened later is new to them. Asking notes that they are here now."""
        return note_visit(self.user, self.record)

    @property
    def has_side(self) -> bool:
        """Are there boxes to be fetched?"""
        return bool(panels_on(self.label) or (self.kind and getattr(self.record, "contact_id", None)))

    @property
    def list_of_all(self) -> str:
        """The list of its kind without anything left out, to which a filter can be added."""
        assert self.kind is not None
        keys = [view.key for view in self.kind.views]
        view = next((key for key in ("all", "everybody") if key in keys), "")
        return f"{reverse(self.kind.list_url)}?view={view}"

    @property
    def can_follow(self) -> bool:
        """Only what the log tells of brings its followers news."""
        return self.kind is not None or hasattr(self.record, "contact_id")

    @property
    def call_address(self) -> str:
        """The dialog that logs a call about it; "" where nobody is to be called, or the reader may not."""
        if self.kind is None or self.label == "crm.activity" or not may(self.user, "crm.activity", "add"):
            return ""
        return f"{reverse('crm:call')}?on={self.label}:{self.record.pk}"

    @property
    def write_address(self) -> str:
        """The page that writes an email about it; "" where the reader may not."""
        return self.call_address and f"{reverse('crm:write')}?on={self.label}:{self.record.pk}"

    @cached_property
    def following(self) -> Following:
        on = ContentType.objects.get_for_model(self.record)
        count, mine = Count("pk"), Count("pk", filter=Q(user=self.user.pk))
        found = Follow.objects.filter(record_type=on, record_id=self.record.pk).aggregate(count=count, mine=mine)
        return Following(found["count"], bool(found["mine"]))


def frame_of(request: HttpRequest, record: Any) -> Frame:
    """The frame of a record, made once a request, so that what it asked is not asked again."""
    kept: dict[Any, Frame] = request.__dict__.setdefault("_frames", {})
    key = (record._meta.label_lower, record.pk)
    if key not in kept:
        kept[key] = Frame(request, record)
    return kept[key]


def render_record(request: HttpRequest, record: Any, template: str, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page of a record in its frame. `template` extends ui/record.html."""
    frame = frame_of(request, record)
    return render(request, template, {"record": record, "frame": frame, **more}, status=status)
