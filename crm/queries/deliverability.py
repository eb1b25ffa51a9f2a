"""What the deliverability page, the API and whoever wants to send read: senders by domain, their checks, the rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Count, F, Q, Value, When
from django.db.models.functions import Lower, StrIndex, Substr

from crm.deliverability.finding import BAD, OPEN
from crm.deliverability.mailboxes import (
    ENOUGH,
    GOOD_BOUNCES,
    GOOD_COMPLAINTS,
    LABELS,
    MOST_BOUNCES,
    MOST_COMPLAINTS,
    PROVIDERS,
    REST,
    judged,
    share,
)
from crm.models import Interaction, MailboxRate, Sender, SenderDomain

PROOFS = ("spf", "dkim", "dmarc")
"""What Gmail and Yahoo ask of whoever sends in bulk since February 2024 (sources: crm/deliverability/mailboxes.py)."""


def domain_of(sender: Sender) -> str:
    return sender.email.rpartition("@")[2].lower()


def domains_of_senders() -> list[str]:
    return sorted({domain_of(sender) for sender in Sender.objects.only("email")} - {""})


def is_authenticated(sender: Sender) -> bool | None:
    """Do SPF, DKIM and DMARC vouch for this sender, as of the last check? None where that is not known. One query."""
    row = SenderDomain.objects.filter(domain=domain_of(sender)).only("findings").first()
    return is_vouched_for(row)


def is_vouched_for(row: SenderDomain | None) -> bool | None:
    states = {found["check"]: found["state"] for found in row.findings} if row else {}
    said = [states.get(check, OPEN) for check in PROOFS]
    if BAD in said:
        return False
    return None if OPEN in said else True


@dataclass(frozen=True)
class DomainSeen:
    """A domain with its senders; `row` is None until it was asked for the first time."""

    domain: str
    senders: list[Sender]
    row: SenderDomain | None

    @property
    def is_vouched_for(self) -> bool | None:
        return is_vouched_for(self.row)

    @property
    def is_waiting(self) -> bool:
        return self.row is not None and self.row.asked_at is not None


def domains_seen() -> list[DomainSeen]:
    """Two queries, however many there are."""
    by_domain: dict[str, list[Sender]] = {}
    for sender in Sender.objects.order_by("-is_default", "name", "pk"):
        by_domain.setdefault(domain_of(sender), []).append(sender)
    rows = {row.domain: row for row in SenderDomain.objects.filter(domain__in=by_domain)}
    return [DomainSeen(domain, senders, rows.get(domain)) for domain, senders in by_domain.items()]


@dataclass(frozen=True)
class RateSeen:
    """`state` is the worse of the two; it is “open” where too little was sent to say. `bounces` are the hard ones, which
    relays judge a sender by; `soft` are full mailboxes, servers that were away and refusals that may pass.
    """

    row: MailboxRate
    label: str
    bounces: Decimal
    soft: Decimal
    complaints: Decimal
    bounce_state: str
    complaint_state: str

    @property
    def hard_bounced(self) -> int:
        return self.row.bounced - self.row.soft_bounced

    @property
    def is_enough(self) -> bool:
        return self.row.sent >= ENOUGH

    @property
    def state(self) -> str:
        order = ("good", "weak", "bad")
        return max(self.bounce_state, self.complaint_state, key=order.index) if self.is_enough else OPEN


def rates_seen() -> list[RateSeen]:
    """Every provider that got mail, the big ones in their order, the rest last."""
    rows = {row.provider: row for row in MailboxRate.objects.all()}
    return [rate_seen(rows[key]) for key in LABELS if key in rows]


def rate_seen(row: MailboxRate) -> RateSeen:
    bounces, complaints = share(row.bounced - row.soft_bounced, row.sent), share(row.complained, row.sent)
    return RateSeen(
        row,
        LABELS.get(row.provider, row.provider),
        bounces,
        share(row.soft_bounced, row.sent),
        complaints,
        judged(bounces, GOOD_BOUNCES, MOST_BOUNCES),
        judged(complaints, GOOD_COMPLAINTS, MOST_COMPLAINTS),
    )


def counted_rates(since: datetime) -> dict[str, dict[str, int]]:
    """sent, bounced (of which soft) and complained by provider: one query, along the index of the log by kind and time.

    What a server refused at once was never told as sent, and counts as tried all the same.
    """
    address = Lower("message__address")
    domain = Substr(address, StrIndex(address, Value("@")) + 1)
    refused = Q(kind="email.bounced", message__sent_at=None)
    rows: Any = (
        Interaction.objects.filter(
            kind__in=["email.sent", "email.bounced", "email.complained"], occurred_at__gte=since, message__isnull=False
        )
        .annotate(mail_domain=domain)
        .annotate(mailbox=Case(*_cases(), default=Value(REST), output_field=CharField()))
        .order_by()
        .values("mailbox")
        .annotate(
            sent=Count("pk", filter=Q(kind="email.sent") | refused),
            bounced=Count("message", filter=Q(kind="email.bounced"), distinct=True),
            soft_bounced=Count("message", filter=Q(kind="email.bounced", data__is_hard=False), distinct=True),
            complained=Count("message", filter=Q(kind="email.complained"), distinct=True),
            key=F("mailbox"),
        )
    )
    names = ("sent", "bounced", "soft_bounced", "complained")
    return {row["key"]: {name: row[name] for name in names} for row in rows}


def _cases() -> list[When]:
    cases: list[Any] = []
    for provider in PROVIDERS:
        wanted = Q(mail_domain__in=provider.domains)
        for begin in provider.begins:
            wanted |= Q(mail_domain__startswith=begin)
        cases.append(When(wanted, then=Value(provider.key)))
    return cases
