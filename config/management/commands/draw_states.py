"""`manage.py draw_states`: write the life cycles of all records to docs/states.md."""

from typing import Any

from django.core.management.base import BaseCommand

from config.states import PAGE, drawn


class Command(BaseCommand):
    help = "Draw the life cycles of all records, from the code, into docs/states.md."

    def handle(self, *args: Any, **options: Any) -> None:
        PAGE.write_text(drawn())
        self.stdout.write(f"Drawn: {PAGE}")
