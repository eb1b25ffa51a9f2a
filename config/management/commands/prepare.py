"""`manage.py prepare`: everything between a fresh check-out and a running product; a second run changes nothing."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from config.words import compile_words


class Command(BaseCommand):
    help = "Compile the words of public pages, migrate, collect the static files, and load the demo company into an empty database (not with DEMO=0)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        settings.MEDIA_ROOT.mkdir(parents=True, exist_ok=True)
        try:
            connection.ensure_connection()
        except OperationalError as problem:
            raise CommandError(f"The database cannot be reached: {str(problem).strip().splitlines()[0]}") from problem
        compile_words()
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        self._load_demo()

    def _load_demo(self) -> None:
        from crm.models import User

        if os.environ.get("DEMO", "1") == "0" or User.objects.exists():
            return
        self.stdout.write("· Loading the demo company (DEMO=0 starts empty)")
        sys.stdout.flush()
        call_command("demo", "load")
