"""Sales in Tandem; what it offers to the others is listed in wiring.py."""

from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "sales"
    verbose_name = "Sales"

    def ready(self) -> None:
        from sales import wiring

        wiring.wire()
