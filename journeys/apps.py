"""Journeys in Tandem; what it offers to the others is listed in wiring.py."""

from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "journeys"
    verbose_name = "Journeys"

    def ready(self) -> None:
        from journeys import wiring

        wiring.wire()
