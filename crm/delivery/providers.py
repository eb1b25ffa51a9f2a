"""Who carries: the shape of a provider, and which one settings.DELIVERY has chosen for a channel."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

from crm.errors import ProviderError


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message, ready to go. `data` is the MIME message with CRLF, or the text in UTF-8. `key` stays the same when repeated.

    `return_path` is where its bounces go, "" where that is the sender. `sign` puts a signature on the finished bytes, where
    the carrier hands over those very bytes and nobody behind it signs.
    """

    message: int
    to: str
    sent_from: str
    subject: str
    data: bytes
    key: str
    return_path: str = ""
    sign: Callable[[bytes], bytes] | None = None

    @property
    def signed(self) -> bytes:
        """`data` with its signature. Costs milliseconds: ask once, when it goes out."""
        return self.sign(self.data) if self.sign else self.data

    @property
    def envelope_from(self) -> str:
        return self.return_path or self.sent_from


class Result(Enum):
    SENT = "sent"
    LATER = "later"  # a temporary refusal: try again
    REFUSED = "refused"  # for good
    BOUNCED = "bounced"  # for good, because there is no such address
    UNKNOWN = "unknown"  # it may have gone out


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a parcel. `reason` is for a person to read; `ref` is the carrier's name for it."""

    message: int
    result: Result
    reason: str = ""
    ref: str = ""


class HungUp(ProviderError):
    """The carrier ended the conversation before it took anything; what was not begun is given back, and is no attempt."""


Note = Callable[[Outcome], None]


class Provider(Protocol):
    """`batch`: how many messages one claim may hold. `repeats_safely`: a repeated key does no harm (or mail's little).

    Raise ProviderError from `carry` only where nothing at all can go out (permanent=True: until somebody changes
    the settings); what happens to one parcel is its Outcome.
    """

    batch: int
    repeats_safely: bool

    def carry(self, parcels: Sequence[Parcel], until: float, note: Note) -> Iterator[Outcome | None]:
        """Outcomes as they come, in any order; None at least every few seconds, so that the claim stays fresh.

        `note(outcome)` is called the moment an answer is there, from any thread, so that a kill does not forget it.
        After `until` (time.monotonic()) nothing new is begun; parcels without an outcome were not sent.
        """

    def close(self) -> None:
        """Let kept connections go."""


def provider_of(channel: str) -> Provider:
    """The provider of a channel, kept for the life of the process (its connections are)."""
    config: dict[str, Any] = settings.DELIVERY[channel]
    return provider_with(config["BACKEND"], config.get("OPTIONS", {}))


def provider_with(backend: str, options: dict[str, Any]) -> Provider:
    """The same for any carrier. Raises ImportError, TypeError or ValueError where it cannot be made."""
    return _provider(backend, json.dumps(options, sort_keys=True))


@lru_cache(maxsize=32)
def _provider(path: str, options: str) -> Provider:
    kind: Any = import_string(path)
    return cast(Provider, kind(**json.loads(options)))


def forget_providers() -> None:
    _provider.cache_clear()
