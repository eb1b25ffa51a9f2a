"""Which carrier takes a sender's messages: one of its own, one that settings name, else the channel's."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from crm.delivery.providers import Provider, provider_of, provider_with
from crm.errors import ProviderError
from crm.models import Sender
from crm.sealed import SealBroken, seal, unseal

SALT = "tandem.sender.smtp"
SMTP = "crm.integrations.smtp.Smtp"
OUTBOX = "crm.integrations.outbox.Outbox"


def carrier_of(channel: str, sender: Sender | None) -> Provider:
    """Raises ProviderError, in plain words, where the sender's carrier cannot be used as things are."""
    if sender is None or channel != "email":
        return provider_of(channel)
    if sender.sealed_smtp_url:
        try:
            return provider_with(SMTP, _own(unseal(sender.sealed_smtp_url, SALT)))
        except (SealBroken, ValueError) as problem:
            raise ProviderError(f"The mail server of {sender} cannot be used: {problem}") from problem
    if sender.carrier:
        config: dict[str, Any] | None = settings.DELIVERY_CARRIERS.get(sender.carrier)
        if config is None:
            raise ProviderError(f"{sender} goes by “{sender.carrier}”, which DELIVERY_CARRIERS does not know.")
        try:
            return provider_with(config["BACKEND"], config.get("OPTIONS", {}))
        except (ImportError, TypeError, ValueError) as problem:
            raise ProviderError(f"The carrier “{sender.carrier}” cannot be used: {problem}") from problem
    return provider_of(channel)


def leaves_the_machine(channel: str, sender: Sender | None) -> bool:
    """False where its messages land in the Outbox, so that nobody outside will judge them."""
    return _backend(channel, sender) != OUTBOX


def hands_over_mime(sender: Sender | None) -> bool:
    """Are the very bytes of a mail handed over, so that a signature of ours arrives whole? An email service writes its own."""
    return _backend("email", sender) == SMTP


def _backend(channel: str, sender: Sender | None) -> str:
    if sender and channel == "email" and sender.sealed_smtp_url:
        return SMTP
    config: dict[str, Any] = settings.DELIVERY[channel]
    if sender and channel == "email" and sender.carrier:
        config = settings.DELIVERY_CARRIERS.get(sender.carrier, {})
    return str(config.get("BACKEND", ""))


def keep_server(sender: Sender, url: str) -> None:
    """Its own mail server from now on, "" for none.

    Raises ValueError where the address cannot be read, or stands in the operator's own network.
    """
    if url:
        own: Any = provider_with(SMTP, _own(url))
        own.server.must_be_outside()
    sender.sealed_smtp_url = seal(url, SALT) if url else ""


def _own(url: str) -> dict[str, Any]:
    """Whoever types an address into a page is not to reach by it what only the operator may (SSRF)."""
    return {"url": url, "is_guarded": True}


def server_of(sender: Sender) -> str:
    """Where its own mail server is, without user and password; "" where it has none."""
    if not sender.sealed_smtp_url:
        return ""
    try:
        parts = urlsplit(unseal(sender.sealed_smtp_url, SALT))
    except SealBroken as problem:
        return str(problem)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
