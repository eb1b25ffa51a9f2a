"""What there is to do, asked of the rows themselves."""

from django.db.models import Exists, OuterRef, QuerySet

from journeys.models import Journey, JourneyStatus, Participant


def journeys_admitting() -> QuerySet[Journey]:
    """Live ones whose segment has members still to be let in."""
    return Journey.objects.alive().filter(status=JourneyStatus.LIVE).exclude(admitting_after=None)


def journeys_to_clear() -> QuerySet[Journey]:
    """Stopped ones (or in the bin) with people still inside."""
    inside = Participant.objects.active().filter(journey=OuterRef("pk"))
    return Journey.objects.filter(Exists(inside), status=JourneyStatus.STOPPED)
