"""A test of paths: begun by the first who come, judged when its time is over and then every hour, decided by hand too."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from crm.actions.notifications import notify
from crm.errors import Invalid, NotAllowed
from journeys.models import RUNNING, Journey, PathTest
from journeys.models.path_tests import fingerprint
from journeys.queries.path_tests import PathNumbers, numbers_of
from journeys.steps.growing import parts_in

if TYPE_CHECKING:
    from crm.models import User

AGAIN = timedelta(hours=1)
KEEP, BEST = "shares", "best"
Status = PathTest.Status


def test_of(journey: Journey, node: str, params: dict[str, Any], now: datetime) -> PathTest:
    """The test of this step, begun now where nobody came before."""
    looks_at = now + timedelta(hours=params["hours"])
    found, _ = PathTest.objects.get_or_create(
        journey=journey,
        node=node,
        fingerprint=fingerprint(params),
        defaults={"params": params, "began_at": now, "looks_at": looks_at},
    )
    return found


def _due(now: datetime) -> QuerySet[PathTest]:
    return PathTest.objects.filter(looks_at__lte=now, journey__status__in=RUNNING)


def has_due(now: datetime) -> bool:
    return _due(now).exists()


def judge_due(now: datetime) -> int:
    """Look at every test that is due; answers how many. Twice is once."""
    return sum(_judge(pk, now) for pk in list(_due(now).values_list("pk", flat=True)))


@transaction.atomic
def _judge(pk: int, now: datetime) -> int:
    test = _locked(pk)
    if test.looks_at is None or test.looks_at > now:
        return 0
    numbers = numbers_of(test)
    is_enough = numbers.fewest >= int(test.params["people"])
    if is_enough and numbers.verdict.is_decided:
        _decide(test, numbers.best, numbers, now, None)
        _tell(test, f"{_label(test)} won: everybody goes that way now")
        return 1
    if is_enough and test.params["undecided"] == BEST and numbers.best:
        _decide(test, numbers.best, numbers, now, None)
        _tell(test, f"It could not be decided; as you chose, everybody goes the way that leads, {_label(test)}")
        return 1
    if test.status == Status.RUNNING:
        _tell(
            test, "The test could not be decided yet: people go on by their shares, and it is judged again every hour"
        )
    test.status, test.looks_at, test.numbers = Status.UNDECIDED, now + AGAIN, kept(numbers)
    test.save()
    return 1


@transaction.atomic
def choose_path(test: PathTest, outcome: str, *, by: User, now: datetime | None = None) -> PathTest:
    """By hand, whatever the numbers say; whoever comes from now on goes this way.

    Raises NotAllowed where it is decided, Invalid for a path that it does not have.
    """
    test.journey.must_be_editable_by(by)
    test = _locked(test.pk)
    if test.status == Status.DECIDED:
        raise NotAllowed(f"It is decided already: everybody goes the way “{_label(test)}”.")
    if outcome not in [part["outcome"] for part in parts_in(test.params, "parts")]:
        raise Invalid("There is no such path.", field="path")
    _decide(test, outcome, numbers_of(test), now or timezone.now(), by)
    return test


def _decide(test: PathTest, outcome: str, numbers: PathNumbers, now: datetime, by: User | None) -> None:
    test.status, test.winner, test.looks_at = Status.DECIDED, outcome, None
    test.decided_at, test.decided_by, test.numbers = now, by, kept(numbers)
    test.save()


def kept(numbers: PathNumbers) -> dict[str, Any]:
    """What was counted, for later."""
    rows = [{"path": row.outcome, "people": row.sample.people, "hits": row.sample.hits} for row in numbers.rows]
    return {"rows": rows, "best": numbers.best, "words": numbers.words}


def _label(test: PathTest) -> str:
    return next((str(part["label"]) for part in parts_in(test.params, "parts") if part["outcome"] == test.winner), "")


def _tell(test: PathTest, text: str) -> None:
    if owner := test.journey.owner_id:
        page = reverse("admin:journeys_journey_live", args=[test.journey_id])
        key = f"path-test:{test.pk}:{test.status}"
        notify(owner, f"{test.journey}: {text}.", page, "test-pipe", key, kind="journey")


def _locked(pk: int) -> PathTest:
    rows = PathTest.objects.select_for_update(of=("self",)).select_related("journey__live_version")
    return rows.get(pk=pk)
