"""What became of the emails that people wrote: of one for its timeline, of a template's for whoever writes with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, Exists, IntegerField, Max, OuterRef, QuerySet, Value, When
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.delivery.contents import LETTER
from crm.models import Activity, EmailTemplate, Interaction, Letter, Message
from crm.queries.happenings import MACHINES, Happening

YEAR = timedelta(days=365)
OPENED, CLICKED, REPLIED = "email.opened", "email.clicked", "email.replied"


@dataclass
class Result:
    """Of one email to all its readers. `first` is a message, to be read again; machines that open mails are not counted."""

    letter: Letter
    first: int | None = None
    is_sent: bool = False
    opens: int = 0
    clicks: int = 0
    replies: int = 0
    last_opened: datetime | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def facts(self) -> list[str]:
        """As a timeline tells it."""
        if self.letter.waits_until and self.letter.waits_until > timezone.now():
            return [_("Goes out %s") % _moment(self.letter.waits_until)]
        if not self.is_sent:
            return self.problems or [_("Being sent")]
        facts = [_("Delivered")]
        if self.opens and self.last_opened:
            times = ngettext("Opened once", "Opened %(n)d times", self.opens) % {"n": self.opens}
            facts.append(f"{times}, {_('last')} {_moment(self.last_opened)}")
        elif self.letter.is_tracked:
            facts.append(_("Not opened yet"))
        if self.clicks:
            facts.append(ngettext("Clicked once", "Clicked %(n)d times", self.clicks) % {"n": self.clicks})
        if self.replies:
            facts.append(_("Answered"))
        return [*facts, *self.problems]


def tell_results(rows: Iterable[Happening]) -> None:
    """Say on a timeline's emails what became of them, and which message they were."""
    emails = [row for row in rows if row.activity and row.activity.kind == Activity.Kind.EMAIL]
    found = results_of([row.activity.pk for row in emails if row.activity]) if emails else {}
    for row in emails:
        if row.activity and (result := found.get(row.activity.pk)):
            row.facts, row.message = result.facts, result.first


def results_of(activities: Iterable[int]) -> dict[int, Result]:
    """By activity; three queries, whatever the number."""
    letters = {
        letter.pk: letter for letter in Letter.objects.filter(activity__in=list(activities)).defer("html", "text")
    }
    if not letters:
        return {}
    found = {pk: Result(letter) for pk, letter in letters.items()}
    messages = Message.objects.filter(content_type=LETTER, content_id__in=list(letters))
    letter_of: dict[int, int] = {}
    for message in messages.order_by("pk").only("content_id", "status", "reason", "address"):
        result = found[message.content_id or 0]
        letter_of[message.pk] = message.content_id or 0
        result.first = result.first or message.pk
        if message.status in (Message.Status.SENT, Message.Status.UNKNOWN, Message.Status.BOUNCED):
            result.is_sent = True
        elif message.status != Message.Status.DUE:
            result.problems.append(
                _("Not to %(address)s: %(why)s") % {"address": message.address, "why": message.reason}
            )
    _count(found, letter_of)
    return {letter.activity_id: found[pk] for pk, letter in letters.items() if letter.activity_id}


def _count(found: dict[int, Result], letter_of: dict[int, int]) -> None:
    hits = Interaction.objects.filter(message__in=list(letter_of), kind__in=[OPENED, CLICKED, REPLIED])
    counted: Any = hits.exclude(verdict__in=MACHINES).order_by().values("message", "kind")
    totals: dict[tuple[int, str], int] = defaultdict(int)
    for row in counted.annotate(n=Count("pk"), last=Max("occurred_at")):
        result = found[letter_of[row["message"]]]
        totals[result.letter.pk, row["kind"]] += row["n"]
        if row["kind"] == OPENED:
            result.last_opened = max(filter(None, (result.last_opened, row["last"])))
    for result in found.values():
        result.opens = totals[result.letter.pk, OPENED]
        result.clicks = totals[result.letter.pk, CLICKED]
        result.replies = totals[result.letter.pk, REPLIED]


@dataclass(frozen=True)
class Usage:
    """How often a template was written with, and how many of those emails were opened, clicked, answered."""

    sent: int = 0
    opened: int = 0
    clicked: int = 0
    answered: int = 0

    @property
    def opened_share(self) -> str:
        return self._share(self.opened)

    @property
    def clicked_share(self) -> str:
        return self._share(self.clicked)

    @property
    def answered_share(self) -> str:
        return self._share(self.answered)

    def _share(self, count: int) -> str:
        return f"{round(100 * count / self.sent)} %" if self.sent else "–"


def usage_of(templates: Sequence[EmailTemplate]) -> dict[int, Usage]:
    """By template, of everybody's emails of the last year that went out; one query."""
    sent = Message.objects.filter(content_type=LETTER, content_id=OuterRef("pk"), sent_at__isnull=False)
    recent = Letter.objects.filter(Exists(sent), template__in=templates, created_at__gte=timezone.now() - YEAR)
    rows: Any = recent.order_by().values("template")
    counted = rows.annotate(
        sent=Count("pk"),
        **{
            name: Count(Case(When(_has(kind), then=Value(1)), output_field=IntegerField()))
            for name, kind in (("opened", OPENED), ("clicked", CLICKED), ("answered", REPLIED))
        },
    )
    return {row["template"]: Usage(row["sent"], row["opened"], row["clicked"], row["answered"]) for row in counted}


def _has(kind: str) -> Exists:
    hits: QuerySet = Interaction.objects.filter(
        message__content_type=LETTER, message__content_id=OuterRef("pk"), kind=kind
    ).exclude(verdict__in=MACHINES)
    return Exists(hits)


def _moment(moment: datetime) -> str:
    return str(formats.date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT"))
