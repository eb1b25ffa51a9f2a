"""The numbers of points for which running journeys wait."""

from journeys.models import Journey


def of_model(model: int) -> set[int]:
    """One query, whatever the number of journeys."""
    running = Journey.objects.running().filter(
        live_version__graph__entry__kind="score", live_version__graph__entry__params__model=model
    )
    return set(running.order_by().values_list("live_version__graph__entry__params__points", flat=True))
