"""Doors for the queue."""

import time

from django.utils import timezone

from crm import jobs
from journeys import engine, exits, listening, opening, turns
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
    for journey in journeys_admitting(timezone.now()):
        while admit_members_of(journey):
            pass


def run_planned() -> None:
    for journey in opening.journeys_to_run(timezone.now()):
        if opening.run_planned(journey, timezone.now()):
            jobs.nudge("journeys.tasks.admit_members")
            jobs.nudge("journeys.tasks.take_turns")


def take_turns() -> None:
    for journey in turns.journeys_with_turns(timezone.now()):
        while turns.let_in(journey, timezone.now()) == turns.MOST:
            pass
    jobs.nudge("journeys.tasks.advance")


def forget_turns() -> None:
    for journey in turns.journeys_left_behind():
        while turns.forget(journey):
            pass


def look_at_exits() -> None:
    """Rules that move with time: whoever fulfils one by now leaves."""
    for version in listening.running_versions():
        if (version.graph.get("exits") or {}).get("rule"):
            while exits.look_by_the_clock(version, timezone.now()) == exits.BATCH:
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
