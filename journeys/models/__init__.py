"""The nouns of journeys."""

from journeys.models.approvals import Approval
from journeys.models.calls import Call
from journeys.models.journeys import (
    CLOCKS_RUN,
    OVER,
    RUNNING,
    Journey,
    JourneyStatus,
    JourneyVersion,
    empty_graph,
)
from journeys.models.moves import Move
from journeys.models.participants import ACTIVE, Participant, Passage, Visit
from journeys.models.path_tests import PathTest
from journeys.models.reminders import Reminder
from journeys.models.turns import Turn

__all__ = [
    "ACTIVE",
    "CLOCKS_RUN",
    "OVER",
    "RUNNING",
    "Approval",
    "Call",
    "Journey",
    "JourneyStatus",
    "JourneyVersion",
    "Move",
    "Participant",
    "Passage",
    "PathTest",
    "Reminder",
    "Turn",
    "Visit",
    "empty_graph",
]
