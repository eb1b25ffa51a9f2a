"""`manage.py words`: look for the words of public pages and mails again, and put them into the catalogues."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.words import compile_words, update_catalogs


class Command(BaseCommand):
    help = "Put new words of public pages and mails into locale/*/LC_MESSAGES/django.po, forget old ones, compile."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        inside = dict(settings.INSIDE_LANGUAGES)
        missing = update_catalogs(code for code, _name in settings.LANGUAGES if code not in inside)
        for language, number in missing.items():
            self.stdout.write(f"{language}: {f'{number} words wait for a translation' if number else 'complete'}")
        compile_words()
