"""`manage.py serve`: web and worker, until Ctrl-C."""

import os
import socket
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.demo import SIGN_INS
from config.env import ROOT
from crm.models import DemoRows
from crm.supervisor import Supervisor, web, worker


class Command(BaseCommand):
    help = "Start web and worker under one foreground command; restart what dies; Ctrl-C stops both."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--no-web", action="store_true", help="a machine that only works jobs")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        if not options["no_web"]:
            self._must_be_free(host, port)
        os.chdir(ROOT)
        children = [worker()] if options["no_web"] else [web(host, port), worker()]
        if not options["no_web"]:
            self._greet(port)
        Supervisor(children).run()
        self.stdout.write("Tandem has stopped.")

    def _must_be_free(self, host: str, port: int) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as problem:
                raise CommandError(f"Port {port} is taken. Choose another one: PORT={port + 1} make run") from problem

    def _greet(self, port: int) -> None:
        self.stdout.write(f"\nTandem runs at {self.style.SUCCESS(f'http://localhost:{port}/')}  (Ctrl-C stops it)")
        if DemoRows.objects.exists():
            for what, email, password in SIGN_INS:
                self.stdout.write(f"  {what:<15} {email:<28} {password}")
        else:
            self.stdout.write("  Open the address to set up your company, or sign in.")
        self.stdout.write("")
