"""manage.py read_mail < mail.eml: file one raw mail as if it had come by a mailbox, and say what became of it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from crm.actions.filing import file_mail


class Command(BaseCommand):
    help = "Reads one raw mail (RFC 5322) from standard input and files it: an answer to an invitation or to a mail of ours."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(file_mail(sys.stdin.buffer.read()).said)
