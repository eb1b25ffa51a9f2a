"""`manage.py normal_forms`: is every stored normal form what it should be? With --mend, make those anew that are not."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.actions.normal_forms import MODELS, make_waiting_forms, stale_rows

SHOWN = 10


class Command(BaseCommand):
    help = "Look at every account and contact for normal forms (phone, name, company, domain) that are stale."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mend", action="store_true", help="Make stale forms anew instead of failing.")

    def handle(self, *args: Any, mend: bool = False, **options: Any) -> None:
        """Fails where something is stale and nothing was to be mended, so that a script can tell."""
        found = 0
        for model in MODELS:
            stale = []
            for pk, wrong in stale_rows(model):
                found += 1
                stale.append(pk)
                if found <= SHOWN:
                    said = ", ".join(f"{column} is “{is_}”, not “{should}”" for column, (is_, should) in wrong.items())
                    self.stdout.write(f"{model._meta.verbose_name} {pk}: {said or 'its forms were never made'}")
            for start in range(0, len(stale) if mend else 0, 1000):
                model._base_manager.filter(pk__in=stale[start : start + 1000]).update(normal_version=0)
        if mend:
            while make_waiting_forms():
                pass
            self.stdout.write(f"{found} made anew.")
        elif found:
            raise CommandError(
                f"{found} rows have stale normal forms. “manage.py normal_forms --mend” makes them anew."
            )
        else:
            self.stdout.write("Every normal form is what it should be.")
