"""`manage.py rejudge_hits`: judge old opens and clicks by today's rule, at once instead of in the background.

What they were read with, and in which country, is filled in on the way.
"""

from typing import Any

from django.core.management.base import BaseCommand

from crm.actions.hit_facts import fill_countries
from crm.actions.verdicts import rejudge
from crm.delivery.verdicts import VERSION


class Command(BaseCommand):
    help = "Judge again the opens and clicks that an older rule has judged (who was a person, who a machine)."

    def handle(self, *args: Any, **options: Any) -> None:
        judged = 0
        while count := rejudge():
            judged += count
        last = 0
        while last := fill_countries(last, VERSION):  # where the database of countries came later than the hits
            pass
        self.stdout.write(f"{judged} opens and clicks were judged by rule {VERSION}.")
