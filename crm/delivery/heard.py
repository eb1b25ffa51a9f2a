"""What was heard of a message, as bits on its own row: counts and lists of a send need not read the log.

The log stays the truth: the reader `crm.hits` reads a message's rows anew whenever one came in or was judged differently.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from enum import IntFlag
from typing import Any

from django.db.models import F, Q, QuerySet

from crm.delivery.verdicts import LIKELY_HUMAN
from crm.models import Interaction, Message


class Heard(IntFlag):
    """`…_ALL` counts machines, too; OPENED and CLICKED only who is likely a person."""

    OPENED = 1
    OPENED_ALL = 2
    CLICKED = 4
    CLICKED_ALL = 8
    REPLIED = 16
    BOUNCED_HARD = 32
    BOUNCED_SOFT = 64
    UNSUBSCRIBED = 128
    COMPLAINED = 256
    BOUNCED = BOUNCED_HARD | BOUNCED_SOFT


HITS = {
    "email.opened": (Heard.OPENED_ALL, Heard.OPENED),
    "email.clicked": (Heard.CLICKED_ALL, Heard.CLICKED),
    "sms.clicked": (Heard.CLICKED_ALL, Heard.CLICKED),
}
DEEDS = {
    "email.replied": Heard.REPLIED,
    "email.unsubscribed": Heard.UNSUBSCRIBED,
    "email.complained": Heard.COMPLAINED,
}
BOUNCED = "email.bounced"
KINDS = (*HITS, *DEEDS, BOUNCED)


def keep_heard(messages: Collection[int]) -> None:
    """Read anew from the log what was heard of these messages, in the caller's transaction: right however often it is asked."""
    ids = list(messages)
    if not ids:
        return
    found: dict[int, Heard] = dict.fromkeys(ids, Heard(0))
    rows: Any = Interaction.objects.filter(message__among=ids, kind__in=KINDS).order_by()
    for message, kind, verdict, is_hard in rows.values_list("message", "kind", "verdict", "data__is_hard").distinct():
        found[message] |= _bits(kind, verdict, is_hard)
    alike: dict[Heard, list[int]] = defaultdict(list)
    for message, bits in found.items():
        alike[bits].append(message)
    for bits in sorted(alike):
        Message.objects.filter(pk__among=alike[bits]).exclude(heard=bits).update(heard=bits)


def heard_any(messages: QuerySet[Message], bits: Heard) -> QuerySet[Message]:
    """Those of which at least one of these was heard."""
    return messages.annotate(of_heard=F("heard").bitand(bits.value)).filter(of_heard__gt=0)


def heard_none(messages: QuerySet[Message], bits: Heard) -> QuerySet[Message]:
    return messages.annotate(not_heard=F("heard").bitand(bits.value)).filter(Q(not_heard=0))


def _bits(kind: str, verdict: str, is_hard: Any) -> Heard:
    if kind in HITS:
        everybody, person = HITS[kind]
        return everybody | person if verdict in (*LIKELY_HUMAN, "") else everybody
    if kind == BOUNCED:  # a mail server that refuses at once says so for good, and the row says nothing of its own
        return Heard.BOUNCED_SOFT if is_hard is False else Heard.BOUNCED_HARD
    return DEEDS[kind]
