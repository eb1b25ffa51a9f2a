"""Debian packages that tests and benchmarks like to have, installed where we may."""

from __future__ import annotations

import os
import shutil
import subprocess

CHROMIUM = "/usr/bin/chromium"
NO_CONFIGURATION = "postfix postfix/main_mailer_type select No configuration"


def need_chromium() -> bool:
    """Answers whether it is there, for the browser tests."""
    return bool(os.path.exists(CHROMIUM) or (_install("chromium") and os.path.exists(CHROMIUM)))


def need_dovecot() -> str:
    """Where the IMAP server is that the tests of mailboxes start for themselves, "" where it is not to be had."""
    return _found_dovecot() or (_install("dovecot-imapd") and _found_dovecot()) or ""


def _found_dovecot() -> str:
    return shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin") or ""


def smtp_sink() -> str:
    """Where postfix's smtp-sink is, "" where it is not to be had. Only the tool is wanted: no mail server is set up."""
    return _found_sink() or (_install("postfix", answers=NO_CONFIGURATION) and _found_sink()) or ""


def _found_sink() -> str:
    return shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin") or ""


def _install(package: str, answers: str = "") -> bool:
    """As root on Debian, without a question, and only where no other package has to go for it (another mail server)."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print(f"· Installing {package}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}  # and no service is started
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if answers and shutil.which("debconf-set-selections"):
        subprocess.run(["debconf-set-selections"], input=f"{answers}\n", text=True, check=False)
    install = ["apt-get", "install", "-y", "-qq", "--no-remove", package]
    subprocess.call(["apt-get", "update", "-qq"], env=environment, **quiet)
    return subprocess.call(install, env=environment, **quiet) == 0
