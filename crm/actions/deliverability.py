"""Asking for the checks of sender domains, and telling Tandem what it cannot know by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address

from django.db import transaction
from django.utils import timezone

from crm import jobs
from crm.access.depths import may
from crm.deliverability.work import TASK, ask_for_all
from crm.errors import Forbidden, Invalid
from crm.models import SenderDomain, User

NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*", re.I)


@transaction.atomic
def check_again(*, by: User) -> None:
    """Look up every domain of a sender, and count the rates, soon and by a job. Raises Forbidden."""
    must_set_up(by)
    ask_for_all(timezone.now())
    jobs.nudge("crm.tasks.count_mailbox_rates")
    jobs.nudge(TASK)


@transaction.atomic
def check_domain(domain: SenderDomain, *, by: User) -> SenderDomain:
    """Raises Forbidden."""
    must_set_up(by)
    SenderDomain.objects.filter(pk=domain.pk).update(asked_at=timezone.now())
    jobs.nudge(TASK)
    domain.refresh_from_db()
    return domain


@transaction.atomic
def look_up_unasked(domain: str) -> None:
    """Somebody is about to send and nobody ever looked: what is asked for already, or known, stays as it is."""
    SenderDomain.objects.bulk_create([SenderDomain(domain=domain)], ignore_conflicts=True)
    if SenderDomain.objects.filter(domain=domain, asked_at=None, checked_at=None).update(asked_at=timezone.now()):
        jobs.nudge(TASK)


@transaction.atomic
def describe_domain(domain: SenderDomain, *, selectors: str, sending_hosts: str, by: User) -> SenderDomain:
    """What its mail server signs with and sends from; checked again at once. Raises Forbidden, Invalid."""
    must_set_up(by)
    locked = SenderDomain.objects.select_for_update().get(pk=domain.pk)
    locked.selectors, locked.sending_hosts = read_selectors(selectors), read_hosts(sending_hosts)
    locked.save(update_fields=["selectors", "sending_hosts"])
    return check_domain(locked, by=by)


def read_selectors(said: str) -> str:
    """As they are kept. Raises Invalid."""
    return _kept("selectors", map(_selector, _words(said)))


def read_hosts(said: str) -> str:
    """As they are kept. Raises Invalid."""
    return _kept("sending_hosts", map(_host, _words(said)))


def must_set_up(user: User) -> None:
    if not may(user, "crm.sender", "change"):
        raise Forbidden("Your role does not let you set up senders.")


def _kept(field: str, words: Iterable[str]) -> str:
    text = " ".join(words)
    if len(text) > (SenderDomain._meta.get_field(field).max_length or 0):  # type: ignore[union-attr]
        raise Invalid("That is too much; name the few that matter.", field=field)
    return text


def _words(said: str) -> list[str]:
    return list(dict.fromkeys(said.replace(",", " ").split()))


def _selector(said: str) -> str:
    name = said.lower().partition("._domainkey")[0]
    if not NAME.fullmatch(name) or len(name) > 100:
        raise Invalid(f"“{said}” is no selector: letters, digits, dots and hyphens.", field="selectors")
    return name


def _host(said: str) -> str:
    try:
        return str(ip_address(said))
    except ValueError:
        if not NAME.fullmatch(said) or said.replace(".", "").isdigit():
            raise Invalid(f"“{said}” is neither an address nor the name of a host.", field="sending_hosts") from None
        return said.lower()
