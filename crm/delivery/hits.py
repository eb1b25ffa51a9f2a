"""One open or click: found, judged and kept in two questions to the database, whatever it was that came.

A machine that asks for one message again and again is a flood: from the FLOOD-th hit within a minute on its hits are one
row a minute, link and kind. Each process counts for itself, in memory.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from django.utils import timezone

from crm.delivery.channels import way
from crm.delivery.eligibility import tracking_declined
from crm.delivery.verdicts import FLOOD, HINTS, VERSION, hit_of, judge
from crm.log.recording import record, record_alone
from crm.models import Message, TrackedLink

COLUMNS = ("pk", "channel", "contact_id", "campaign_id", "content_type", "content_id", "sent_at", "is_private")
MOST_PLACES = 1000
LINKS_KEPT, LINK_SECONDS = 5000, 60


@dataclass(frozen=True)
class Sent:
    """The message that was hit. `is_private`: its reader does not want to be seen."""

    pk: int
    channel: str
    contact_id: int | None
    campaign_id: int | None
    content_type: str
    content_id: int | None
    sent_at: datetime | None
    is_private: bool


@dataclass(frozen=True)
class Asked:
    """What the request tells. `network` is the network it came from, not the person's address."""

    agent: str
    method: str
    network: str
    hints: Mapping[str, str]


def message_hit(pk: int) -> Sent | None:
    rows = Message.objects.filter(pk=pk).annotate(is_private=tracking_declined())
    found = rows.values_list(*COLUMNS).first()
    return Sent(*found) if found else None


def keep_open(sent: Sent, asked: Asked) -> None:
    _keep("email.opened", sent, asked)


def keep_click(sent: Sent, asked: Asked, link: TrackedLink, place: int | None) -> None:
    """`place`: which of the links of the mail it was, counted from 0; None where the mail does not say."""
    where = {"place": place} if place is not None else {}
    _keep(way(sent.channel).kind_clicked, sent, asked, link=link.pk, url=link.url, **where)


def _keep(kind: str, sent: Sent, asked: Asked, **data: Any) -> None:
    """Committed when this returns. Test messages belong to nobody and are not counted; nor are people who decline."""
    if sent.contact_id is None or sent.is_private:
        return
    now = timezone.now()
    after = round((now - sent.sent_at).total_seconds(), 1) if sent.sent_at else None
    told: dict[str, Any] = {"agent": asked.agent, "method": asked.method, "network": asked.network, "after": after}
    told |= {"hints": dict(asked.hints)} if asked.hints else {}
    is_flood = floods.is_flood(sent.pk)
    told |= {"flood": True} if is_flood else {}
    told |= data
    row = {
        "contact": sent.contact_id,
        "source": (sent.content_type, sent.content_id),
        "campaign": sent.campaign_id,
        "message": sent.pk,
        "data": told,
        "occurred_at": now,
        "verdict": judge(hit_of(kind, told)),
        "verdict_version": VERSION,
    }
    if is_flood:
        record(kind, **row, key=f"flood:{sent.pk}:{kind}:{data.get('link', 0)}:{int(now.timestamp()) // 60}")
    else:
        record_alone(kind, **row)


def hints_of(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: said[:100] for name in HINTS if (said := headers.get(name, ""))}


class Floods:
    """How often each message was hit within the running minute, in this process."""

    def __init__(self) -> None:
        self._minute = 0
        self._hits: dict[int, int] = {}
        self._lock = Lock()

    def is_flood(self, message: int) -> bool:
        minute = int(time.monotonic()) // 60
        with self._lock:
            if minute != self._minute:
                self._minute, self._hits = minute, {}
            self._hits[message] = count = self._hits.get(message, 0) + 1
        return count > FLOOD

    def forget(self) -> None:
        self._hits = {}


class Links:
    """Links as they were read within the last minute: a mail to many is clicked by many."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[float, TrackedLink]] = {}

    def get(self, pk: int) -> TrackedLink | None:
        at, link = self._found.get(pk, (0.0, None))
        if link is not None and time.monotonic() - at < LINK_SECONDS:
            return link
        link = TrackedLink.objects.filter(pk=pk).first()
        if len(self._found) >= LINKS_KEPT:
            self._found = {}
        if link is not None:
            self._found[pk] = (time.monotonic(), link)
        return link

    def forget(self) -> None:
        self._found = {}


floods = Floods()
tracked_links = Links()
