"""`manage.py check_send_counts`: do the counts of sends say what their messages say? With --mend they do afterwards."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.delivery import send_counts


class Command(BaseCommand):
    help = "Compare the counts of sends, which live pages show, with the messages themselves."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mend", action="store_true", help="Put right what differs.")

    def handle(self, *args: Any, mend: bool, **options: Any) -> None:
        wrong = send_counts.differences()
        for send_key, variant, status, reason, heard, missing in wrong:
            said = " ".join(filter(None, [variant, status, reason]))
            self.stdout.write(f"{send_key}: {said} (heard {heard}): {missing:+d}")
        if not wrong:
            self.stdout.write("All counts are right.")
        elif mend:
            self.stdout.write(f"{send_counts.mend()} counts were mended.")
        else:
            raise CommandError(f"{len(wrong)} counts are wrong. Run it with --mend to put them right.")
