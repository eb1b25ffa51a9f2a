"""How journeys are shown where they are found."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.hooks.search import SearchSource
from journeys.models import Journey


def about(journey: Journey) -> str:
    return str(journey.get_status_display())


def page(journey: Journey) -> str:
    return reverse("admin:journeys_journey_canvas", args=[journey.pk])


SOURCE = SearchSource("journeys.journey", _("Journeys"), "route", about, (), 70, page)
