"""Doors for the queue."""

from django.utils import timezone

from crm import jobs
from marketing.actions import experiments, membership, scores, segments, sends


def refresh_segment(pk: int) -> None:
    membership.refresh(pk, timezone.now())


def refresh_segments() -> None:
    """What the sweep found due."""
    segments.refresh_due(timezone.now())


def refresh_moving_segments() -> None:
    segments.refresh_moving(timezone.now())


def reconcile_segments() -> None:
    segments.reconcile(timezone.now())


def recompute_scores(pk: int) -> None:
    """A part of a recompute; asks for the next part by itself."""
    if not scores.recompute(pk, timezone.now()):
        jobs.nudge(scores.RECOMPUTE, pk)


def recompute_waiting_scores() -> None:
    """What the sweep found waiting: a recompute whose worker died, or whose nudge was lost."""
    for pk in scores.waiting(timezone.now()):
        scores.recompute(pk, timezone.now())


def recompute_decaying_scores() -> None:
    scores.recompute_decaying(timezone.now())


def start_sends() -> None:
    """Make the messages of every send that is due."""
    sends.start_due(timezone.now())


def decide_experiments() -> None:
    """Tests of variants whose time is over."""
    experiments.decide_due(timezone.now())
