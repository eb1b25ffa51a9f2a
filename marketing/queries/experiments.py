"""The numbers of a test of variants, counted from its messages and from the log, and what they say."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from statistics import fmean, pvariance

from django.db.models import Count, Exists, OuterRef, QuerySet

from crm.delivery.send_counts import counts_of
from crm.delivery.verdicts import LIKELY_HUMAN
from crm.models import Interaction, Message
from marketing.models import Experiment, Variant
from marketing.queries.numbers import DONE, NUMBERS
from marketing.queries.results import CLICKED, OPENED
from marketing.queries.significance import Sample, Verdict, in_words, judge_means, judge_shares

WON, WORTH = "opportunity.won", "revenue_base"
BY_COUNTS = {Experiment.Metric.OPENS.value: "opened", Experiment.Metric.CLICKS.value: "clicked"}


@dataclass(frozen=True)
class Row:
    """A variant and what its sample did. `value` is revenue in the base currency, over everybody reached."""

    variant: Variant
    queued: int
    sample: Sample
    value: Decimal = Decimal(0)

    @property
    def percent(self) -> float:
        return 100 * self.sample.share


@dataclass(frozen=True)
class Numbers:
    rows: list[Row] = field(default_factory=list)
    verdict: Verdict = field(default_factory=lambda: Verdict("", False, {}))

    confidence: int = 95

    @property
    def words(self) -> str:
        return in_words(self.verdict, len(self.rows), self.confidence)


def numbers_of(experiment: Experiment) -> Numbers:
    """Counted now, of the people in the sample alone: a few queries, whatever their number.

    While it runs, opens and clicks are read from the counts of the send; afterwards these hold the people who got the winner, too.
    """
    variants = list(experiment.variants.select_related("email", "sender"))
    if experiment.metric in BY_COUNTS and not experiment.decided_at:
        return _of_counts(experiment, variants)
    messages = sample_messages(experiment)
    queued = _by_variant(messages)
    reached = messages.filter(status__in=DONE)
    people = _by_variant(reached)
    if experiment.metric == Experiment.Metric.REVENUE:
        return _of_revenue(experiment, variants, queued, people, reached)
    hits = _by_variant(_hits(reached, experiment))
    rows = [Row(one, queued[one.letter], Sample(one.letter, people[one.letter], hits[one.letter])) for one in variants]
    return Numbers(rows, judge_shares([row.sample for row in rows], experiment.confidence / 100), experiment.confidence)


def _of_counts(experiment: Experiment, variants: list[Variant]) -> Numbers:
    queued, people, hits = (Counter[str]() for _ in range(3))
    number = NUMBERS[BY_COUNTS[experiment.metric]]
    for (variant, status, _reason, heard), n in counts_of(experiment.send.send_key).items():
        queued[variant] += n
        if status in DONE:
            people[variant] += n
            hits[variant] += n if number.counts(status, heard) else 0
    rows = [Row(one, queued[one.letter], Sample(one.letter, people[one.letter], hits[one.letter])) for one in variants]
    return Numbers(rows, judge_shares([row.sample for row in rows], experiment.confidence / 100), experiment.confidence)


def sample_messages(experiment: Experiment) -> QuerySet[Message]:
    """Without those that got the winner."""
    rows = Message.objects.filter(send_key=experiment.send.send_key).exclude(variant="")
    return rows.filter(created_at__lt=experiment.decided_at) if experiment.decided_at else rows


def _hits(reached: QuerySet[Message], experiment: Experiment) -> QuerySet[Message]:
    """Messages whose reader did what counts."""
    if experiment.metric == Experiment.Metric.GOAL:
        deeds = Interaction.objects.filter(
            contact=OuterRef("contact_id"), kind=experiment.goal_kind, occurred_at__gte=OuterRef("sent_at")
        )
    else:
        kinds = OPENED if experiment.metric == Experiment.Metric.OPENS else CLICKED
        deeds = Interaction.objects.filter(message=OuterRef("pk"), kind__in=kinds, verdict__in=LIKELY_HUMAN)
    return reached.filter(Exists(deeds))


def _by_variant(messages: QuerySet[Message]) -> defaultdict[str, int]:
    rows = messages.order_by().values_list("variant").annotate(n=Count("pk"))
    return defaultdict(int, rows)


def _of_revenue(
    experiment: Experiment,
    variants: list[Variant],
    queued: defaultdict[str, int],
    people: defaultdict[str, int],
    reached: QuerySet[Message],
) -> Numbers:
    """Deals that the readers won after it reached them."""
    won = Interaction.objects.filter(kind=WON, contact__in=reached.order_by().values("contact"))
    deals = list(won.values_list("contact_id", "occurred_at", "data"))
    readers = reached.filter(contact__among={contact for contact, _at, _data in deals})
    sent = {contact: (variant, at) for contact, variant, at in readers.values_list("contact_id", "variant", "sent_at")}
    earned: dict[str, dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for contact, at, data in deals:
        variant, since = sent.get(contact, ("", None))
        if since and at >= since:
            earned[variant][contact] += _worth(data)
    rows = []
    for one in variants:
        values = [float(value) for value in earned[one.letter].values()]
        everybody = values + [0.0] * max(0, people[one.letter] - len(values))
        sample = Sample(
            one.letter, people[one.letter], len(values),
            fmean(everybody) if everybody else 0.0, pvariance(everybody) if everybody else 0.0,
        )  # fmt: skip
        rows.append(Row(one, queued[one.letter], sample, sum(earned[one.letter].values(), Decimal(0))))
    return Numbers(rows, judge_means([row.sample for row in rows], experiment.confidence / 100), experiment.confidence)


def _worth(data: dict) -> Decimal:
    try:
        return Decimal(str(data.get(WORTH) or 0))
    except InvalidOperation:
        return Decimal(0)
