"""The nouns of journeys."""

from journeys.models.journeys import Journey, JourneyStatus, JourneyVersion, empty_graph
from journeys.models.participants import ACTIVE, Participant, Passage, Visit

__all__ = ["ACTIVE", "Journey", "JourneyStatus", "JourneyVersion", "Participant", "Passage", "Visit", "empty_graph"]
