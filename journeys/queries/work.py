"""What there is to do, asked of the rows themselves."""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from journeys.models import Journey, JourneyStatus, Move, Participant


def journeys_admitting(now: datetime) -> QuerySet[Journey]:
    """Live ones that have begun, whose segments have members still to be let in."""
    begun = Journey.objects.alive().filter(status=JourneyStatus.LIVE, went_live_at__lte=now)
    return begun.exclude(admitting_after=None)


def journeys_to_clear() -> QuerySet[Journey]:
    """Stopped ones (or in the bin) with people still inside."""
    inside = Participant.objects.active().filter(journey=OuterRef("pk"))
    return Journey.objects.filter(Exists(inside), status=JourneyStatus.STOPPED)


def journeys_to_complete() -> QuerySet[Journey]:
    """Those that nobody may enter any more, and whose last one has left."""
    inside = Participant.objects.active().filter(journey=OuterRef("pk"))
    return Journey.objects.filter(~Exists(inside), status=JourneyStatus.FINISHING)


def moves_to_carry() -> QuerySet[Move]:
    return Move.objects.filter(done_at=None).select_related("from_version__journey", "to_version", "by").order_by("pk")
