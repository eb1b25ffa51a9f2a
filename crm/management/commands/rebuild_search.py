"""Write the whole search index anew: after restoring a dump without its triggers, or when a doubt remains."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from crm.models import SearchEntry
from crm.search.sql import rebuild


class Command(BaseCommand):
    help = "Write the whole search index anew."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            rebuild()
        self.stdout.write(f"{SearchEntry.objects.count()} records can be found.")
