"""The nouns of journeys."""

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

__all__ = [
    "ACTIVE",
    "CLOCKS_RUN",
    "OVER",
    "RUNNING",
    "Journey",
    "JourneyStatus",
    "JourneyVersion",
    "Move",
    "Participant",
    "Passage",
    "Visit",
    "empty_graph",
]
