"""Marketing in Tandem; what it offers to the others is listed in wiring.py."""

from django.apps import AppConfig


class MarketingConfig(AppConfig):
    name = "marketing"
    verbose_name = "Marketing"

    def ready(self) -> None:
        from marketing import wiring

        wiring.wire()
