"""With what, and where, an email was opened and clicked: the hits of its messages, grouped; and who got it by which segment.

Somebody who opens on a phone and on a computer counts in both lines, so that lines may add up to more than the whole.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Count, F, QuerySet
from django.utils.translation import gettext as _

from crm.countries import country_name
from crm.delivery import geography
from crm.models import Message
from crm.sql import asked_at_once
from marketing.models import Send, SendMember
from marketing.queries.insights import FEW, NAME_OF, NOT_KNOWN, counted, heard_from
from marketing.queries.numbers import Line
from marketing.queries.results import CLICKED, OPENED


def by_device(messages: QuerySet[Message]) -> list[Line]:
    """Phone, tablet, computer, and unknown: proxies and privacy protection hide the device."""
    words = {"phone": _("Phone"), "tablet": _("Tablet"), "computer": _("Computer"), "unknown": _("Not known")}
    words[NOT_KNOWN] = _("Not looked up yet")
    found = {line.key: line for line in _lines(messages, "client__device")}
    return [_labelled(found[kind], words[kind]) for kind in words if kind in found]


def by_client(messages: QuerySet[Message]) -> list[Line]:
    """The twenty mail programs and browsers with most readers."""
    return _lines(messages, "client__client")[:FEW]


def by_system(messages: QuerySet[Message]) -> list[Line]:
    return _lines(messages, "client__system")[:FEW]


def by_country(messages: QuerySet[Message]) -> list[Line]:
    """The twenty countries with most readers; empty where the operator has given no database of countries."""
    if not geography.is_known():
        return []
    lines = _lines(messages, "country")[:FEW]
    return [_labelled(line, country_name(line.key) if line.key != NOT_KNOWN else line.label) for line in lines]


def by_segment(send: Send) -> list[Line]:
    """Each chosen segment, as it was when the messages were made; one with no members has a line, too. Two questions.

    Of a send to one segment, whoever got it got it by that segment.
    """
    segments = list(send.segments.order_by("name", "pk"))
    if len(segments) < 2:
        return []
    lines = [Line(str(segment.pk), str(segment)) for segment in segments]
    messages = Message.objects.filter(send_key=send.send_key).order_by()
    members = SendMember.objects.filter(send=send)
    grouped = [
        messages.filter(contact__in=members.filter(segment=segment).values("contact")).values_list("status", "heard")
        for segment in segments
    ]
    for place, status, heard, n in asked_at_once(
        "{n}, status, heard, n", [rows.annotate(n=Count("pk")) for rows in grouped]
    ):
        lines[place].add(status, heard, n)
    return lines


def _lines(messages: QuerySet[Message], column: str) -> list[Line]:
    """Who opened and clicked, by what a hit knows. One question."""
    found: dict[str, Line] = defaultdict(lambda: Line("", ""))
    hits: Any = heard_from(messages, (*OPENED, *CLICKED)).annotate(of_group=F(column))
    for group, kind, pair in counted(hits, "of_group", "kind"):
        line = found[group or NOT_KNOWN]
        line.key, line.label = group or NOT_KNOWN, group or _("Not known")
        name, before = NAME_OF[kind], line.of(NAME_OF[kind])
        line.counts[name] = type(pair)(before.all + pair.all, before.human + pair.human)
    return sorted(found.values(), key=lambda line: (-max(line.of("opened").all, line.of("clicked").all), line.key))


def _labelled(line: Line, label: str) -> Line:
    line.label = label
    return line
