"""Where bounces go: an address a message (VERP), signed, in the mailbox that is read for them.

    bounces@news.example → bounces+aa2c…@news.example

So that a report says by its address alone which message came back, whatever else a server writes into it. The server of that
mailbox must deliver what stands behind a “+” to it, as most do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from crm.delivery import tokens
from crm.models import Mailbox

MARKED = re.compile(r"\+([a-z2-7]{20,40})@", re.IGNORECASE)


class ReturnPaths:
    """The mailboxes for bounces, read once for a run of the sender."""

    def __init__(self) -> None:
        boxes = Mailbox.objects.filter(kind=Mailbox.Kind.BOUNCES, is_active=True).order_by("pk")
        self._addresses = list(boxes.values_list("address", flat=True))

    def address(self, message: int, sender: str) -> str:
        """The Return-Path of a message: at the sender's own domain where there is one (SPF then agrees), else the first."""
        if not self._addresses:
            return ""
        domain = sender.rpartition("@")[2].lower()
        chosen = next((one for one in self._addresses if one.endswith(f"@{domain}")), self._addresses[0])
        local, _, host = chosen.rpartition("@")
        return f"{local}+{tokens.for_return(message)}@{host}"


def message_of(addresses: Iterable[str]) -> int | None:
    """The message that one of these addresses names; None for none of ours."""
    for address in addresses:
        for token in MARKED.findall(address):
            if (message := tokens.read_return(token)) is not None:
                return message
    return None
