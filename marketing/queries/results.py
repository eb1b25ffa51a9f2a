"""What became of messages: sent, delivered, opened, clicked — by people, and apart from machines."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils.translation import gettext, gettext_lazy

from crm.delivery.send_counts import counts_of
from crm.delivery.verdicts import LIKELY_HUMAN
from crm.models import Contact, Interaction, Message
from marketing.models import Send
from marketing.queries.numbers import DONE, LEFT, NUMBERS, WAITING

OPENED, CLICKED = ("email.opened",), ("email.clicked", "sms.clicked")


FAILED = gettext_lazy("The mail server refused it or could not be reached; each message keeps its words.")


@dataclass(frozen=True)
class Results:
    """Numbers of messages; `opened` and `clicked` are those by people, `…_all` count scanners and prefetching too."""

    total: int = 0
    waiting: int = 0
    sent: int = 0
    delivered: int = 0
    opened: int = 0
    opened_all: int = 0
    clicked: int = 0
    clicked_all: int = 0
    replied: int = 0
    unsubscribed: int = 0
    complained: int = 0
    bounced: int = 0
    bounced_hard: int = 0
    bounced_soft: int = 0
    not_sent: int = 0
    reasons: tuple[tuple[str, int], ...] = ()

    @property
    def is_running(self) -> bool:
        return self.waiting > 0

    def share(self, number: int) -> float:
        """Of those delivered, in percent."""
        return 100 * number / self.delivered if self.delivered else 0.0


def results_of(send: Send) -> Results:
    """One question for a few rows, whatever the number of messages."""
    counts = counts_of(send.send_key)
    numbers: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for (_variant, status, reason, heard), n in counts.items():
        numbers.update({name: n for name, number in NUMBERS.items() if number.counts(status, heard)})
        if status in LEFT:
            reasons[_worded(status, reason)] += n
    return Results(**numbers, reasons=tuple((reason, n) for reason, n in reasons.most_common(20) if n > 0))


def _worded(status: str, reason: str) -> str:
    if status == Message.Status.FAILED:
        return str(FAILED)
    return reason or gettext("No reason is known.")


# What a campaign reached: unique people


def invited(campaign: Any) -> QuerySet:
    """The ids of contacts that a commercial message of the campaign was sent to, or is on its way to."""
    messages = Message.objects.filter(
        campaign=campaign, purpose="commercial", status__in=[*DONE, *WAITING, Message.Status.FAILED]
    )
    return messages.exclude(contact=None).order_by().values("contact").distinct()


def delivered(campaign: Any) -> QuerySet:
    bounced = Interaction.objects.filter(message=OuterRef("message"), kind="email.bounced")
    return _people(campaign, "email.delivered", "sms.sent").exclude(Exists(bounced))


def opened(campaign: Any) -> QuerySet:
    """Opened by a person; who clicked has opened, whatever their mail program told."""
    return _people(campaign, *OPENED, "email.clicked").filter(verdict__in=LIKELY_HUMAN)


def clicked(campaign: Any) -> QuerySet:
    return _people(campaign, *CLICKED).filter(verdict__in=LIKELY_HUMAN)


def count(people: QuerySet) -> int:
    """How many distinct contacts."""
    return people.order_by().aggregate(n=Count("contact", distinct=True))["n"]


def _people(campaign: Any, *kinds: str) -> QuerySet:
    rows = Interaction.objects.filter(campaign=campaign, kind__in=kinds, message__purpose="commercial")
    return rows.exclude(contact=None).order_by().values("contact").distinct()


def contacts_of(ids: QuerySet) -> QuerySet[Contact]:
    return Contact.objects.alive().filter(pk__in=ids)
