"""By which words journeys are found."""

from crm.search.indexed import Indexed

JOURNEYS = Indexed("journeys.journey", "journeys_journey", ("name",))
