"""The numbers of messages, each said once: which messages it counts, for the counting and for the people behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import QuerySet

from crm.delivery.heard import Heard, heard_any, heard_none
from crm.models import Message

Status = Message.Status
DONE = (Status.SENT, Status.UNKNOWN, Status.BOUNCED)
WAITING = (Status.DUE, Status.HELD)
LEFT = (Status.NOT_SENT, Status.FAILED, Status.CANCELLED)
NOTHING = Heard(0)


@dataclass(frozen=True)
class Number:
    """Messages in one of `statuses` (empty: in any), of which one of `heard` was heard (nothing: any) and none of `unheard`."""

    statuses: tuple[str, ...] = ()
    heard: Heard = NOTHING
    unheard: Heard = NOTHING

    def counts(self, status: str, heard: int) -> bool:
        if self.statuses and status not in self.statuses:
            return False
        return (not self.heard or bool(heard & self.heard)) and not heard & self.unheard

    def among(self, messages: QuerySet[Message]) -> QuerySet[Message]:
        if self.statuses:
            messages = messages.filter(status__in=self.statuses)
        if self.heard:
            messages = heard_any(messages, self.heard)
        return heard_none(messages, self.unheard) if self.unheard else messages


NUMBERS = {
    "total": Number(),
    "waiting": Number(WAITING),
    "not_sent": Number(LEFT),
    "sent": Number(DONE),
    # Taken by the mail server, and not come back later. What it refused at once was never sent.
    "delivered": Number((Status.SENT,), unheard=Heard.BOUNCED),
    "opened": Number(heard=Heard.OPENED),
    "opened_all": Number(heard=Heard.OPENED_ALL),
    "clicked": Number(heard=Heard.CLICKED),
    "clicked_all": Number(heard=Heard.CLICKED_ALL),
    "replied": Number(heard=Heard.REPLIED),
    "bounced": Number(heard=Heard.BOUNCED),
    "bounced_hard": Number(heard=Heard.BOUNCED_HARD),
    "bounced_soft": Number(heard=Heard.BOUNCED_SOFT),
    "unsubscribed": Number(heard=Heard.UNSUBSCRIBED),
    "complained": Number(heard=Heard.COMPLAINED),
}


@dataclass(frozen=True)
class Pair:
    """`all` counts machines, too; `human` only who is likely a person."""

    all: int = 0
    human: int = 0


@dataclass
class Line:
    """One group and its numbers by name; `key` finds its people."""

    key: str
    label: str
    counts: dict[str, Pair] = field(default_factory=dict)

    def of(self, name: str) -> Pair:
        return self.counts.get(name, Pair())

    def add(self, status: str, heard: int, n: int) -> None:
        """`n` more messages that are in this state."""
        for name, number in NUMBERS.items():
            if name.endswith("_all"):
                continue
            human = n if number.counts(status, heard) else 0
            wide = NUMBERS.get(f"{name}_all", number)
            every = n if wide.counts(status, heard) else 0
            if every:
                before = self.of(name)
                self.counts[name] = Pair(before.all + every, before.human + human)


def line_of(states: Iterable[tuple[str, int, int]], key: str = "", label: str = "") -> Line:
    """The numbers of messages by their states: (status, heard, how many)."""
    line = Line(key, label or key)
    for status, heard, n in states:
        line.add(status, heard, n)
    return line


def messages_with(messages: QuerySet[Message], name: str) -> QuerySet[Message]:
    """The messages behind a number. Raises LookupError where there is no such number."""
    return NUMBERS[name].among(messages)
