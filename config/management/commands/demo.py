"""`manage.py demo load` and `manage.py demo remove`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.demo import loading
from crm.errors import CrmError


class Command(BaseCommand):
    help = "Load the demo company into an empty database, or take its data out again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["load", "remove"])

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        try:
            if what == "load":
                loading.load(lambda part: self.stdout.write(f"  {part}"))
            else:
                self.stdout.write(loading.remove())
        except CrmError as problem:
            raise CommandError(str(problem)) from problem
