"""SMS by any gateway that takes one POST a message: Twilio, Vonage, sms77 and their like.

SMS_URL=https://user:password@api.twilio.com/2010-04-01/Accounts/…/Messages.json?fields=to:To,text:Body,from:From
names the gateway, who we are to it (basic sign-in), what it calls the number, the text and the sender (`fields`), and
`format=json` where it wants JSON. Other parameters of the address are sent along as they are.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from crm.delivery.providers import Note, Outcome, Parcel, Result
from crm.errors import ProviderError
from crm.integrations import gateway


class HttpSms:
    """A repeated POST may be a second SMS, so what has no answer is marked unknown and not sent again."""

    batch = 10
    repeats_safely = False

    def __init__(self, url: str) -> None:
        """Raises ValueError where the address cannot be read."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("SMS_URL is the https:// address of your SMS gateway.")
        query = dict(parse_qsl(parts.query))
        fields = query.pop("fields", "to:to,text:text,from:from")
        self.fields = dict(pair.split(":", 1) for pair in fields.split(",") if ":" in pair)
        if not {"to", "text"} <= set(self.fields):
            raise ValueError("SMS_URL: fields is written to:To,text:Body,from:From, with the gateway's names second.")
        self.is_json = query.pop("format", "form") == "json"
        self.auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
        self.url = urlunsplit((parts.scheme, host, parts.path, urlencode(query), ""))

    def carry(self, parcels: Sequence[Parcel], until: float, note: Note) -> Iterator[Outcome | None]:
        for parcel in parcels:
            if time.monotonic() >= until:
                return
            outcome = self._send(parcel)
            note(outcome)
            yield outcome

    def close(self) -> None:
        """Every call has its own connection."""

    def _send(self, parcel: Parcel) -> Outcome:
        said = {"to": parcel.to, "text": parcel.data.decode(), "from": parcel.sent_from}
        body = {name: said[ours] for ours, name in self.fields.items() if said.get(ours)}
        request: dict[str, Any] = {"json": body} if self.is_json else {"data": body}
        try:
            answer = gateway.post(
                self.url, auth=self.auth, headers={"Idempotency-Key": parcel.key.strip("<>")}, **request
            )
        except gateway.Unclear as problem:
            return Outcome(parcel.message, Result.UNKNOWN, str(problem))
        except ProviderError as problem:
            return Outcome(parcel.message, Result.REFUSED if problem.permanent else Result.LATER, str(problem))
        if answer.ok:
            return Outcome(parcel.message, Result.SENT, ref=answer.text[:200])
        reason = f"The SMS gateway said: {answer.status_code} {answer.text[:200]}"
        is_later = answer.status_code == 429 or answer.status_code >= 500
        return Outcome(parcel.message, Result.LATER if is_later else Result.REFUSED, reason)
