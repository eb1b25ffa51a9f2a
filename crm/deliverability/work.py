"""The job: looks up what somebody asked for, domain by domain, and counts the rates. Nothing of it is done in a request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from crm import jobs
from crm.deliverability import dkim, dmarc, hosts, spf
from crm.deliverability.finding import OPEN, Finding
from crm.deliverability.lookups import Lookups, Silent, Unreachable
from crm.deliverability.signing import judge_keys
from crm.integrations.smtp_server import Server
from crm.models import MailboxRate, SenderDomain, SigningKey
from crm.queries.deliverability import counted_rates, domains_of_senders

TASK = "crm.tasks.check_sender_domains"


def is_due(now: datetime) -> bool:
    return _due(now).exists()


def _due(now: datetime) -> QuerySet[SenderDomain]:
    free = Q(claim=None) | ~Q(claim__in=jobs.fresh_claims(now))
    return SenderDomain.objects.filter(free, asked_at__lte=now)


def check_asked(now: datetime) -> None:
    """Everything that is asked for and that nobody looks up. What is asked for meanwhile stays asked for."""
    with jobs.claim() as token:
        for pk in list(_due(now).values_list("pk", flat=True)):
            if not _due(now).filter(pk=pk).update(claim=token):
                continue
            domain = SenderDomain.objects.get(pk=pk)
            judge_keys(domain, timezone.now())
            signs = domain.signing_keys.filter(status=SigningKey.Status.SIGNING)
            ours = list(signs.values_list("selector", flat=True))
            findings, problem = look_up(domain, lambda: jobs.beat(token), ours=ours)
            mine = SenderDomain.objects.filter(pk=pk, claim=token)
            news: dict[str, Any] = {"checked_at": timezone.now(), "findings": findings, "problem": problem}
            mine.filter(asked_at=domain.asked_at).update(asked_at=None)
            mine.update(claim=None, **news)


def look_up(
    domain: SenderDomain, beat: Callable[[], None] = lambda: None, *, ours: Sequence[str] = ()
) -> tuple[list[dict[str, Any]], str]:
    """(findings as they are stored, why there are none). `ours` are the selectors that Tandem itself signs with."""
    relay = relay_host()
    try:
        lookups = Lookups()
        addresses = _addresses(domain, relay, lookups)
        named = bool(domain.sending_hosts)
        public = [address for address in addresses if address.is_global]
        selectors = list(dict.fromkeys([*ours, *domain.selectors.split()]))
        name = domain.domain
        checks: list[tuple[str, Callable[[], Finding]]] = [
            ("spf", lambda: spf.check(name, public, "" if named else relay, lookups)),
            ("dkim", lambda: dkim.check(name, selectors, lookups)),
            ("dmarc", lambda: dmarc.check(name, lookups)),
            ("mx", lambda: hosts.check_mail_servers(name, lookups)),
            ("reverse", lambda: hosts.check_names(addresses, lookups)),
        ]
        found = []
        for key, check in checks:
            beat()
            found.append(_answered(key, check).as_json())
    except Unreachable as problem:
        return [], str(problem)
    return found, ""


def _answered(key: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except Silent as problem:
        return Finding(key, OPEN, wrong=[str(problem)])


def _addresses(domain: SenderDomain, relay: str, lookups: Lookups) -> list[Any]:
    try:
        return hosts.sending_addresses(domain.sending_hosts.split() or ([relay] if relay else []), lookups)
    except Silent:
        return []


def relay_host() -> str:
    """The host that EMAIL_URL hands mail to; empty where mails land in the Outbox or go by another carrier."""
    config: dict[str, Any] = settings.DELIVERY["email"]
    url = config.get("OPTIONS", {}).get("url", "")
    try:
        return Server.at(url).host if url else ""
    except ValueError:
        return ""


@transaction.atomic
def look_after(now: datetime) -> None:
    """Regularly: all domains are asked for, the rates are counted. What nobody sends from goes, unless something is written there."""
    ask_for_all(now)
    unused = SenderDomain.objects.exclude(domain__in=domains_of_senders())
    unused.filter(selectors="", sending_hosts="", signing_keys=None).delete()
    count_rates(now)


@transaction.atomic
def ask_for_all(now: datetime) -> None:
    domains = domains_of_senders()
    SenderDomain.objects.bulk_create([SenderDomain(domain=domain) for domain in domains], ignore_conflicts=True)
    SenderDomain.objects.filter(domain__in=domains).update(asked_at=now)


@transaction.atomic
def count_rates(now: datetime) -> None:
    counted = counted_rates(now - timedelta(days=30))
    MailboxRate.objects.exclude(provider__in=counted).delete()
    MailboxRate.objects.bulk_create(
        [MailboxRate(provider=key, counted_at=now, **numbers) for key, numbers in counted.items()],
        update_conflicts=True,
        unique_fields=["provider"],
        update_fields=["sent", "bounced", "soft_bounced", "complained", "counted_at"],
    )
