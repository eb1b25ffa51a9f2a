"""A test of variants: planned with the send, begun with it, decided when its time is over or by hand, and released."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    DateTimeField,
    Exists,
    Max,
    OuterRef,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import MD5, Cast, Concat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.actions.notifications import notify
from crm.delivery import templates
from crm.delivery.contents import Content
from crm.errors import Invalid, NotAllowed
from crm.log import kinds
from crm.models import Contact, Message, Sender
from crm.sql import typed
from marketing.actions.audiences import people_of
from marketing.actions.send_audiences import keep_audience
from marketing.actions.send_queue import queue
from marketing.models import EmailVersion, Experiment, MarketingEmail, Send, Variant
from marketing.models.experiments import LETTERS
from marketing.queries.experiments import Numbers, numbers_of
from marketing.queries.wants import why_only_by_api

if TYPE_CHECKING:
    from crm.models import User

DECIDE = "marketing.tasks.decide_experiments"
WHOLE = 2**32


@dataclass(frozen=True)
class Way:
    """One variant asked for; what is empty stays as in the send."""

    subject: str = ""
    email: MarketingEmail | None = None
    sender: Sender | None = None
    due_at: datetime | None = None
    share: int = 1

    @property
    def is_other(self) -> bool:
        return bool(self.subject or self.email or self.sender or self.due_at)


@dataclass(frozen=True)
class Plan:
    ways: Sequence[Way]
    metric: str = Experiment.Metric.CLICKS
    goal_kind: str = ""
    sample_percent: int = 20
    hours: int = 24
    confidence: int = 95
    is_automatic: bool = True


def plan(send: Send, asked: Plan, *, by: User) -> Experiment:
    """Keep what was asked for beside the send. Raises Invalid, with the field, for what makes no test."""
    _must_make_sense(send, asked, by)
    experiment = Experiment.objects.create(
        send=send,
        metric=asked.metric,
        goal_kind=asked.goal_kind if asked.metric == Experiment.Metric.GOAL else "",
        sample_percent=asked.sample_percent,
        hours=asked.hours,
        confidence=asked.confidence,
        is_automatic=asked.is_automatic,
    )
    for letter, way in zip(LETTERS, asked.ways, strict=False):
        Variant.objects.create(
            experiment=experiment,
            letter=letter,
            share=way.share,
            subject=way.subject,
            email=way.email,
            content_version=_version(send, way, by),
            sender=way.sender,
            due_at=way.due_at,
        )
    return experiment


def begin(experiment: Experiment, start: datetime) -> None:
    """Its messages are made: it is decided so many hours after the last of them is due, however slowly they go out."""
    last = Message.objects.filter(send_key=experiment.send.send_key).aggregate(at=Max("due_at"))["at"]
    experiment.decides_at = max(start, last or start) + timedelta(hours=experiment.hours)
    experiment.save(update_fields=["decides_at"])


def put_off(send: Send, by: timedelta) -> None:
    """The send was paused for so long: readers have as much time as was planned."""
    running = Experiment.objects.filter(send=send, status=Experiment.Status.RUNNING).exclude(decides_at=None)
    for experiment in running.select_for_update():
        assert experiment.decides_at  # asked for
        experiment.decides_at += by
        experiment.save(update_fields=["decides_at"])


def sample_of(people: QuerySet[Contact], experiment: Experiment) -> QuerySet[Contact]:
    """Those who take part. Who does, and with which variant, is the same whenever it is asked: a hash of send and contact."""
    text = Concat(Value(f"{experiment.send_id}:"), Cast("pk", CharField()), output_field=CharField())
    shared = people.annotate(of_share=MD5(text))
    if experiment.holds_back:
        shared = shared.filter(of_share__lt=_at(experiment.sample_percent / 100))
    return shared


def parts_of(experiment: Experiment) -> dict[str, Any]:
    """What the variants change, as expressions over `sample_of`."""
    variants = list(experiment.variants.all())
    whole, sample, begun_at = sum(one.share for one in variants), experiment.sample_percent / 100, 0
    bounds: list[tuple[str, Variant]] = []
    for one in variants:
        begun_at += one.share
        bounds.append((_at(sample * begun_at / whole), one))

    def by_variant(value: Callable[[Variant], Any], field: Any) -> Case:
        whens = [When(of_share__lt=bound, then=typed(value(one), field)) for bound, one in bounds[:-1]]
        return Case(*whens, default=typed(value(bounds[-1][1]), field), output_field=field)

    send, number = experiment.send, BigIntegerField()
    parts: dict[str, Any] = {
        "variant": by_variant(lambda one: one.letter, CharField()),
        "content": (
            send.content_type,
            by_variant(lambda one: one.email_id or send.email_id, number),
            by_variant(lambda one: one.content_version, number),
        ),
    }
    if any(one.sender_id for one in variants):
        parts["sender"] = by_variant(lambda one: one.sender_id or send.sender_id, number)
    if any(one.due_at for one in variants):
        start = max(timezone.now(), send.due_at)
        parts["base"] = by_variant(lambda one: max(one.due_at or start, start), DateTimeField())
    return parts


def has_due(now: datetime) -> bool:
    return _due(now).exists()


def decide_due(now: datetime) -> int:
    """Look at every test whose time is over; answers how many. Twice is once."""
    return sum(_decide(pk, now) for pk in list(_due(now).values_list("pk", flat=True)))


@transaction.atomic
def choose_winner(experiment: Experiment, letter: str, *, by: User) -> Experiment:
    """By hand, whatever the numbers say; the rest get it at once."""
    experiment.send.must_be_editable_by(by)
    experiment = _locked(experiment.pk)
    if experiment.status == Experiment.Status.DECIDED:
        raise NotAllowed(f"It is decided already: {experiment.winner}.")
    if experiment.send.status != Send.Status.STARTED:
        raise NotAllowed("A winner is chosen while the send is under way.")
    if not experiment.variants.filter(letter=letter).exists():
        raise Invalid("There is no such variant.", field="winner")
    return _decided(experiment, letter, numbers_of(experiment), timezone.now(), by)


def _due(now: datetime) -> QuerySet[Experiment]:
    return Experiment.objects.filter(
        status=Experiment.Status.RUNNING, decides_at__lte=now, send__status=Send.Status.STARTED
    )


@transaction.atomic
def _decide(pk: int, now: datetime) -> int:
    experiment = _locked(pk)
    if experiment.status != Experiment.Status.RUNNING or experiment.send.status != Send.Status.STARTED:
        return 0
    numbers = numbers_of(experiment)
    if numbers.verdict.is_decided and experiment.is_automatic:
        _decided(experiment, numbers.verdict.best, numbers, now, None)
        _tell(experiment, _("Variant %s won and goes to the rest") % experiment.winner)
        return 1
    experiment.status, experiment.numbers = Experiment.Status.UNDECIDED, kept(numbers)
    experiment.save()
    led = numbers.verdict.is_decided
    _tell(
        experiment,
        _("The test is over: choose the winner") if led else _("The test could not be decided: choose by hand"),
    )
    return 1


def _decided(experiment: Experiment, letter: str, numbers: Numbers, now: datetime, by: User | None) -> Experiment:
    experiment.winner, experiment.decided_at, experiment.decided_by = letter, now, by
    experiment.status, experiment.numbers = Experiment.Status.DECIDED, kept(numbers)
    experiment.save()
    if experiment.holds_back:
        _release(experiment, now)
    return experiment


def _release(experiment: Experiment, now: datetime) -> None:
    """Everybody else of the audience, as it is now, gets the winner."""
    send = experiment.send
    winner = experiment.variants.get(letter=experiment.winner)
    have_it = Message.objects.filter(send_key=send.send_key, contact=OuterRef("pk"))
    rest = people_of(send).exclude(Exists(have_it))
    parts: dict[str, Any] = {
        "variant": winner.letter,
        "content": (send.content_type, winner.email_id or send.email_id, winner.content_version),
    }
    if winner.sender_id:
        parts["sender"] = winner.sender_id
    if winner.due_at:
        parts["base"] = typed(_next_time(winner.due_at, now), DateTimeField())
    send.queued_count += queue(send, rest, now, **parts)
    keep_audience(send, is_test=False)
    send.save(update_fields=["queued_count"])


def _next_time(due_at: datetime, now: datetime) -> datetime:
    """When the clock shows it next."""
    while due_at < now:
        due_at += timedelta(days=1)
    return due_at


def kept(numbers: Numbers) -> dict[str, Any]:
    """What was counted, for later."""
    return {
        "rows": [
            {"letter": row.sample.letter, "people": row.sample.people, "hits": row.sample.hits, "value": str(row.value)}
            for row in numbers.rows
        ],
        "best": numbers.verdict.best,
        "is_decided": numbers.verdict.is_decided,
        "p_values": numbers.verdict.p_values,
        "needed": numbers.verdict.needed,
        "problem": numbers.verdict.problem,
    }


def _version(send: Send, way: Way, by: User) -> int:
    """The number of what it says word for word; another subject is a version of its own."""
    email = way.email or send.email
    assert email is not None  # checked before
    if not way.subject:
        return email.ready_version if way.email else send.content_version
    MarketingEmail.objects.select_for_update().get(pk=email.pk)
    source = EmailVersion.objects.get(email=email, number=email.ready_version if way.email else send.content_version)
    if source.subject == way.subject:
        return source.number
    latest = email.versions.order_by("-number").values_list("number", flat=True)[0]
    source.pk, source.number, source.subject, source.made_by = None, latest + 1, way.subject, by
    source._state.adding = True
    source.save(force_insert=True)
    return source.number


def _must_make_sense(send: Send, asked: Plan, by: User) -> None:
    if send.email is None:
        raise Invalid("Variants are tested with emails.", field="variants")
    if not 2 <= len(asked.ways) <= len(LETTERS):
        raise Invalid(f"A test has 2 to {len(LETTERS)} variants.", field="variants")
    if len({(w.subject, w.email, w.sender, w.due_at) for w in asked.ways}) < len(asked.ways):
        raise Invalid("Two variants are the same.", field="variants")
    if asked.metric not in Experiment.Metric.values:
        raise Invalid("This way to measure does not exist.", field="metric")
    if asked.metric == Experiment.Metric.GOAL and not kinds.known(asked.goal_kind):
        raise Invalid("Say what readers should do.", field="goal_kind")
    if not 1 <= asked.sample_percent <= 100:
        raise Invalid("A share from 1 to 100 %.", field="sample_percent")
    if not 1 <= asked.hours <= 720:
        raise Invalid("From 1 to 720 hours (30 days).", field="hours")
    if asked.confidence not in (90, 95, 99):
        raise Invalid("90, 95 or 99 %.", field="confidence")
    for letter, way in zip(LETTERS, asked.ways, strict=False):
        if not 1 <= way.share <= 100:
            raise Invalid(f"The share of {letter} is a weight from 1 to 100.", field="variants")
        if way.email and (way.email.status != MarketingEmail.Status.READY or not way.email.ready_version):
            raise Invalid(f"“{way.email}” is a draft. Make it ready first.", field="variants")
        if way.email and (why := why_only_by_api(way.email)):
            raise Invalid(why, field="variants")
        if way.email and way.email.purpose != send.purpose:
            raise Invalid(f"“{way.email}” has another purpose than “{send.email}”.", field="variants")
        if way.email and way.email.topic_id != send.topic_id:
            raise Invalid(f"“{way.email}” has another topic than “{send.email}”.", field="variants")
        if way.due_at and send.timing != Send.Timing.AT_ONCE:
            raise Invalid("Times are tested where everybody is sent to at the same moment.", field="variants")
        for problem in templates.check(Content("", subject=way.subject)) if way.subject else ():
            raise Invalid(f"The subject of {letter}: {problem.message}", field="variants")


def _at(share: float) -> str:
    """Where in the hashes this share of them ends. An MD5 begins with eight letters of 0 to f; g is after all of them."""
    place = round(share * WHOLE)
    return f"{place:08x}" if place < WHOLE else "g"


def _tell(experiment: Experiment, text: str) -> None:
    send = experiment.send
    if send.owner_id:
        page = reverse("admin:marketing_send_live", args=[send.pk])
        notify(send.owner_id, f"{text}: {send}"[:300], page, "send", f"experiment:{experiment.pk}", kind="approval")


def _locked(pk: int) -> Experiment:
    """With its send, and that one first: who pauses or stops it waits, or is waited for."""
    send = Send.objects.select_for_update().get(experiment=pk)
    experiment = Experiment.objects.select_for_update().get(pk=pk)
    experiment.send = send
    return experiment
