"""Doors for the queue."""

import time

from django.utils import timezone

from crm import jobs
from journeys import engine
from journeys.actions import calls, path_tests
from journeys.actions.journeys import clear_stopped as clear_stopped_journey
from journeys.actions.journeys import complete_finished as complete_journey
from journeys.actions.moving import carry_on
from journeys.actions.participants import admit_members as admit_members_of
from journeys.queries.work import journeys_admitting, journeys_to_clear, journeys_to_complete, moves_to_carry

SECONDS = 10.0


def advance() -> None:
    """Ask for another turn where the time was over before the work."""
    begun = time.monotonic()
    engine.advance(seconds=SECONDS)
    if time.monotonic() - begun >= SECONDS:
        jobs.nudge("journeys.tasks.advance")


def admit_members() -> None:
    for journey in journeys_admitting():
        while admit_members_of(journey):
            pass


def clear_stopped() -> None:
    for journey in journeys_to_clear():
        while clear_stopped_journey(journey):
            pass


def complete_finished() -> None:
    for journey in journeys_to_complete():
        complete_journey(journey)


def move_people() -> None:
    for move in moves_to_carry():
        while carry_on(move):
            pass


def make_calls() -> None:
    """Ask for another turn where the time was over before the work."""
    begun = time.monotonic()
    while calls.make_due():
        if time.monotonic() - begun >= SECONDS:
            jobs.nudge("journeys.tasks.make_calls")
            return


def judge_paths() -> None:
    path_tests.judge_due(timezone.now())
