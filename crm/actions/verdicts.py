"""Judging opens and clicks again: when the rule has grown, and when more is known than at the moment of the hit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet

from crm.actions.hit_facts import fill
from crm.delivery.heard import HITS, keep_heard
from crm.delivery.verdicts import LIKELY_HUMAN, LINKS_AT_ONCE, VERSION, judge_again
from crm.log.triggers import touch
from crm.models import Interaction

READER = "crm.hits"
CLICKED = ("email.clicked", "sms.clicked")
KINDS = ("email.opened", *CLICKED)
BATCH = 2000
"""Rows looked at in one short transaction."""


def hear(rows: list[Interaction], now: datetime) -> None:
    """The log reader: who followed several links of one mail at once was a program; and the messages learn what was heard."""
    judged = _find_bursts([row for row in rows if row.kind in CLICKED])
    fill((row, row.verdict) for row in rows if row.kind in HITS and row.message_id not in judged)
    keep_heard({row.message_id for row in rows if row.message_id})


def _find_bursts(rows: list[Interaction]) -> set[int]:
    """The messages that were judged again."""
    messages = {row.message_id for row in rows if row.message_id and row.verdict in LIKELY_HUMAN}
    clicks = Interaction.objects.filter(message__among=list(messages), kind__in=CLICKED, verdict__in=LIKELY_HUMAN)
    many = clicks.order_by().values("message").annotate(links=Count("data__link", distinct=True))
    suspects: list[Any] = [row["message"] for row in many if row["links"] >= LINKS_AT_ONCE]
    if suspects:
        _judge(suspects)
    return set(suspects)


def waits(now: datetime | None = None) -> bool:
    """Are there hits that an older rule has judged?"""
    return _old().exists()


def rejudge(limit: int = BATCH) -> int:
    """Judge again what an older rule has judged, about `limit` rows; answers how many rows were judged.

    Numbers, segments and scores follow; journeys keep what they did. A message's hits are judged together.
    """
    with transaction.atomic():
        found = list(_old().order_by("verdict_version", "pk").values_list("pk", "message")[:limit])
        alone = [pk for pk, message in found if message is None]
        if alone:  # the message is gone: nothing to count for
            Interaction.objects.filter(pk__among=alone).update(verdict_version=VERSION)
        messages = {message for _, message in found if message is not None}
        return len(alone) + (_judge(messages) if messages else 0)


def _judge(messages: Iterable[Any]) -> int:
    """All hits of these messages, in the caller's transaction; writes what differs, and who hears of it hears."""
    messages = list(messages)
    rows = list(
        Interaction.objects.filter(message__among=messages, kind__in=KINDS)
        .exclude(verdict="")
        .only(
            "pk",
            "kind",
            "data",
            "message_id",
            "contact_id",
            "occurred_at",
            "verdict",
            "verdict_version",
            "client_id",
            "country",
        )
    )
    verdicts = judge_again(rows)
    new: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row.verdict != verdicts[row.pk]:
            new[verdicts[row.pk]].append(row.pk)
    fill((row, verdicts[row.pk]) for row in rows)
    for verdict, ids in new.items():
        Interaction.objects.filter(pk__among=ids).update(verdict=verdict)
    Interaction.objects.filter(pk__among=[row.pk for row in rows if row.verdict_version != VERSION]).update(
        verdict_version=VERSION
    )
    if new:
        keep_heard(set(messages))
    different = [row for row in rows if row.verdict != verdicts[row.pk]]
    touch({row.contact_id for row in different if row.contact_id})
    return len(rows)


def _old() -> QuerySet[Interaction]:
    return Interaction.objects.filter(verdict_version__gt=0, verdict_version__lt=VERSION)
