"""manage.py read_mail < mail.eml: read the answer to an invitation out of one raw mail, and say what it was."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from crm.actions.calendar_answers import read_answer


class Command(BaseCommand):
    help = "Reads one raw mail (RFC 5322) from standard input: the answer to an invitation of ours is taken from it."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(read_answer(sys.stdin.buffer.read()).said)
