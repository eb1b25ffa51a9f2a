"""Who a message is from: the sender it names, else the default one, else DEFAULT_FROM_EMAIL."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings

from crm.models import Sender


@dataclass(frozen=True)
class From:
    """`name` and `email` as the reader sees them."""

    name: str
    email: str
    reply_to: str = ""
    sms_from: str = ""

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2] or "localhost"


def as_from(sender: Sender | None) -> From:
    if sender is None:
        return written(settings.DEFAULT_FROM_EMAIL)
    return From(sender.name, sender.email, sender.reply_to, sender.sms_from)


def written(address: str) -> From:
    """From “Name <address>”."""
    name, email = parseaddr(address)
    return From(name, email)


def default_sender() -> Sender | None:
    return Sender.objects.order_by("-is_default", "pk").filter(is_default=True).first()


def default_id() -> int | None:
    """Fixed when a message is queued, so that its carrier and its limits are those of its sender."""
    return Sender.objects.filter(is_default=True).values_list("pk", flat=True).first()


def domain_of(sender: Sender | int | None) -> str:
    """The right side of a Message-ID."""
    if isinstance(sender, int):
        sender = Sender.objects.filter(pk=sender).first()
    return as_from(sender or default_sender()).domain
