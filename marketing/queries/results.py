"""What became of messages: sent, delivered, opened, clicked — by people, and apart from machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from crm.delivery.verdicts import LIKELY_HUMAN
from crm.models import Contact, Interaction, Message

DONE = (Message.Status.SENT, Message.Status.UNKNOWN, Message.Status.BOUNCED)
WAITING = (Message.Status.DUE, Message.Status.HELD)
OPENED, CLICKED = ("email.opened",), ("email.clicked", "sms.clicked")


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
    unsubscribed: int = 0
    bounced: int = 0
    not_sent: int = 0
    reasons: tuple[tuple[str, int], ...] = ()

    @property
    def is_running(self) -> bool:
        return self.waiting > 0

    def share(self, number: int) -> float:
        """Of those delivered, in percent."""
        return 100 * number / self.delivered if self.delivered else 0.0


def results_of(messages: QuerySet[Message]) -> Results:
    """Three counts for any number of messages."""
    status = {row["status"]: row["n"] for row in messages.order_by().values("status").annotate(n=Count("pk"))}
    rows = Interaction.objects.filter(message__in=messages.order_by().values("pk"))
    human = Q(verdict__in=LIKELY_HUMAN)
    one: dict[str, Any] = {
        name: Count("message", distinct=True, filter=Q(kind__in=kinds) & only)
        for name, kinds, only in (
            ("delivered", ("email.delivered",), Q()),
            ("opened", OPENED, human),
            ("opened_all", OPENED, Q()),
            ("clicked", CLICKED, human),
            ("clicked_all", CLICKED, Q()),
            ("unsubscribed", ("email.unsubscribed",), Q()),
            ("bounced", ("email.bounced",), Q()),
        )
    }
    happened = rows.aggregate(**one)
    left = messages.exclude(status__in=[*DONE, *WAITING])
    reasons = left.order_by().values_list("reason").annotate(n=Count("pk")).order_by("-n")[:20]
    sent, waiting = (sum(status.get(name, 0) for name in names) for names in (DONE, WAITING))
    happened["delivered"] = max(0, (happened["delivered"] or _without_receipts(messages, sent)) - happened["bounced"])
    return Results(
        total=sum(status.values()),
        waiting=waiting,
        sent=sent,
        not_sent=sum(status.values()) - sent - waiting,
        reasons=tuple((reason or "No reason is known.", n) for reason, n in reasons),
        **happened,
    )


def _without_receipts(messages: QuerySet[Message], sent: int) -> int:
    """A text has no receipt of its own yet: what the carrier took counts."""
    return sent if messages.filter(channel="sms").exists() else 0


def messages_with(messages: QuerySet[Message], result: str) -> QuerySet[Message]:
    """The messages behind a number of Results. Raises LookupError where there is no such number."""
    match result:
        case "total":
            return messages
        case "sent":
            return messages.filter(status__in=DONE)
        case "waiting":
            return messages.filter(status__in=WAITING)
        case "not_sent":
            return messages.exclude(status__in=[*DONE, *WAITING])
        case "delivered":
            taken = Q(_heard("email.delivered")) | Q(channel="sms", status__in=DONE)
            return messages.filter(taken).exclude(_heard("email.bounced"))
        case "opened":
            return messages.filter(_heard(*OPENED, by_people=True))
        case "clicked":
            return messages.filter(_heard(*CLICKED, by_people=True))
        case "opened_all":
            return messages.filter(_heard(*OPENED))
        case "clicked_all":
            return messages.filter(_heard(*CLICKED))
        case "unsubscribed" | "bounced":
            return messages.filter(_heard(f"email.{result}"))
    raise LookupError(f"There is no result “{result}”.")


def _heard(*kinds: str, by_people: bool = False) -> Exists:
    rows = Interaction.objects.filter(message=OuterRef("pk"), kind__in=kinds)
    return Exists(rows.filter(verdict__in=LIKELY_HUMAN) if by_people else rows)


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
