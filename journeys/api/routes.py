"""The resources of journeys under /api/v1/."""

from rest_framework.routers import BaseRouter

from journeys.api.journeys import JourneyViewSet, ParticipantViewSet


def register(router: BaseRouter) -> None:
    """Called once by config.api."""
    router.register("journeys", JourneyViewSet, basename="journey")
    router.register("participants", ParticipantViewSet, basename="participant")
