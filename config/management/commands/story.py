"""`manage.py story`: the webinar story plays by itself, from 1,000 addresses to the paid invoice."""

import subprocess
import sys
import time
from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.env import ROOT
from config.story.play import Size, Story, Told
from crm.models import Role, User

BAR = 28


class Command(BaseCommand):
    help = "Play the webinar story on this Tandem: only public doors, real waits, real jobs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--people", type=int, default=1000, help="how many are invited; a tenth of them registers")

    def handle(self, *args: Any, people: int, **options: Any) -> None:
        marketer = User.objects.filter(roles=Role.objects.get(key="marketer"), is_active=True).first()
        if marketer is None or not User.objects.filter(roles__takes_leads=True, is_active=True).exists():
            raise CommandError(
                "The story needs a marketer and a sales rep. “make run” brings them with the demo company."
            )
        if settings.EMAIL_URL:
            raise CommandError("The story reads its mails in the Outbox; run it without EMAIL_URL.")
        size = Size(people, max(1, people // 10), max(1, people * 3 // 100), max(1, min(10, people // 10)))
        server = self._serve_unless_running()
        began = time.monotonic()
        try:
            told = Story(marketer, self._show, size).run()
        except AssertionError as problem:
            raise CommandError(str(problem)) from problem
        finally:
            if server:
                server.terminate()
                server.wait(40)
        self._tell_the_end(told, time.monotonic() - began)

    def _serve_unless_running(self) -> subprocess.Popen | None:
        """Web and worker are there already, or run for the length of the story."""
        if _is_well():
            return None
        self.stdout.write(f"Starting web and worker at {settings.PUBLIC_URL} for the length of the story …")
        server = subprocess.Popen([sys.executable, "manage.py", "serve"], cwd=ROOT, stdout=subprocess.DEVNULL)
        for _ in range(60):
            if _is_well():
                return server
            if server.poll() is not None:
                break
            time.sleep(1)
        server.terminate()
        raise CommandError(
            f"Web and worker did not come up at {settings.PUBLIC_URL}. Look at {settings.PUBLIC_URL}/healthz."
        )

    def _show(self, step: str, done: int, of: int) -> None:
        filled = BAR * done // max(1, of)
        line = f"\r  {step:<38} [{'█' * filled}{'·' * (BAR - filled)}] {done:>5} / {of}"
        self.stdout.write(line, ending="\n" if done >= of else "")
        self.stdout.flush()

    def _tell_the_end(self, told: Told, seconds: float) -> None:
        self.stdout.write(f"\n{told.built.campaign} in {seconds:.0f} s:")
        for label, shown in told.results:
            self.stdout.write(f"  {label:<16} {shown:>8}")
        if told.sold:
            self.stdout.write(
                f"  {told.sold.quote.number} → {told.sold.order.number} → {told.sold.invoice.number}, paid"
            )
        self.stdout.write(f"\nSee it at {settings.PUBLIC_URL}/campaigns/{told.built.campaign.pk}/")


def _is_well() -> bool:
    try:
        return requests.get(f"{settings.PUBLIC_URL}/healthz", timeout=3).status_code == 200
    except requests.RequestException:
        return False
