"""From sent to revenue won: what came of an email or a send, by a rule that its page states.

A lead or a deal counts where its person clicked (likely herself) and it was made within some days after the message was
sent. It counts for each send that fits, so that sends may add up to more than the company earned.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from crm.hooks import outcomes
from crm.hooks.registry import Text
from crm.models import Message
from marketing.models import MarketingEmail, Send
from marketing.queries.insights import in_all, messages_of
from marketing.queries.numbers import messages_with

STEPS = ("sent", "delivered", "opened", "clicked")
DAYS = (7, 30, 90)
USUAL_DAYS = 30
WHOLE_BAR = 1000


@dataclass(frozen=True)
class Step:
    """`count` messages (of an email to one person twice, both); `every` counts machines, too; the bar is `width` of WHOLE_BAR."""

    name: str
    label: Text
    count: int
    every: int | None
    share: float | None
    width: int
    money: tuple[Decimal, str] | None = None
    is_outcome: bool = False


def days_of(said: str) -> int:
    """The number of days asked for, if it is one that is offered."""
    return int(said) if said in {str(days) for days in DAYS} else USUAL_DAYS


def steps_of(subject: MarketingEmail | Send, days: int) -> list[Step]:
    """Two questions for the counts, and one for each outcome that is worth money."""
    total, within, clicked = in_all(subject), timedelta(days=days), _clicked(subject)
    offered = outcomes.all_outcomes()
    counted = (
        clicked.aggregate(**{one.name: Count("pk", filter=one.came(within)) for one in offered}) if offered else {}
    )
    sent = total.of("sent").all
    labels = _labels()
    steps = [_step(name, labels[name], total.of(name).human, sent, every=total.of(name).all) for name in STEPS]
    for one in offered:
        money = one.money(clicked, within) if one.money else None
        steps.append(_step(one.name, one.label, counted[one.name], sent, money=money, is_outcome=True))
    return steps


def people(subject: MarketingEmail | Send, name: str, days: int) -> QuerySet[Message]:
    """The messages that it came of. Raises LookupError where no app offers such an outcome."""
    return _clicked(subject).filter(Q(outcomes.get(name).came(timedelta(days=days))))


def _clicked(subject: MarketingEmail | Send) -> QuerySet[Message]:
    return messages_with(messages_of(subject), "clicked")


def _step(name: str, label: Text, count: int, sent: int, *, every: int | None = None, **more: object) -> Step:
    share = 100 * count / sent if sent and name != "sent" else None
    width = max(4, WHOLE_BAR * count // max(sent, 1)) if count else 0
    return Step(name, label, count, every if every != count else None, share, min(width, WHOLE_BAR), **more)  # type: ignore[arg-type]


def _labels() -> dict[str, str]:
    return {"sent": _("Sent"), "delivered": _("Delivered"), "opened": _("Opened"), "clicked": _("Clicked")}
