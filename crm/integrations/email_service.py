"""Mail by an email service over its API (Mailgun, Postmark, SendGrid, …), as django-anymail speaks to each of them.

EMAIL_SERVICE=postmark and ESP_POSTMARK_SERVER_TOKEN=… choose it for everybody, DELIVERY_CARRIERS for some senders. The service
builds the mail anew from its parts: it signs (DKIM), rewrites, and tells at /hooks/<service> what came back.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Sequence
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any

import requests
from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from django.utils.module_loading import import_string

from crm.delivery.providers import HungUp, Note, Outcome, Parcel, Result
from crm.errors import ProviderError
from crm.integrations.run import Run

SERVICES = {
    "brevo": "brevo",
    "mailersend": "mailersend",
    "mailgun": "mailgun",
    "mailjet": "mailjet",
    "mailtrap": "mailtrap",
    "mandrill": "mandrill",
    "postal": "postal",
    "postmark": "postmark",
    "resend": "resend",
    "sendgrid": "sendgrid",
    "sparkpost": "sparkpost",
    "unisender-go": "unisender_go",
}
"""By their names at /hooks/. Amazon SES is reached by SMTP: its API would need a library of its own."""
OUR_NAME = "tandem"
"""What our Message-ID is called among the facts that a service keeps with a mail and tells again with every event."""
LONGEST_FACT = 80  # Postmark takes no longer one
KEPT = ("Message-ID", "In-Reply-To", "References", "List-Unsubscribe", "List-Unsubscribe-Post")
SECONDS = 10.0
PARCELS_A_CONNECTION = 10
TAKEN = ("sent", "queued", "unknown")
"""Unknown: the service took the request and does not say more."""
WORDS = {
    "invalid": "takes the address for none that mail can be sent to.",
    "rejected": "sends nothing to this address: it is on its list of those that bounced, complained or left.",
    "failed": "could not send it.",
}


class EmailService:
    """`options` are anymail's for that service (api_url, server_token, …); what they leave out is read from ESP_….

    A repeated request may be a second mail, so what has no answer is marked unknown and not sent again.
    """

    batch = 100
    repeats_safely = False

    def __init__(self, service: str, connections: int = 4, **options: Any) -> None:
        """Raises ValueError where there is no such service, or something that it needs is not set."""
        if service not in SERVICES:
            known = ", ".join(SERVICES)
            raise ValueError(f"There is no email service “{service}”. Known: {known}. Amazon SES goes by EMAIL_URL.")
        self.service, self.connections = service, connections
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._kind = import_string(f"anymail.backends.{SERVICES[service]}.EmailBackend")
        self._options = {"requests_timeout": SECONDS, **options}
        try:
            self._backend()
        except ImproperlyConfigured as problem:
            raise ValueError(f"{service} lacks a setting: {str(problem).splitlines()[0]}") from None

    def carry(self, parcels: Sequence[Parcel], until: float, note: Note) -> Iterator[Outcome | None]:
        """Raises ProviderError where the service does not know us, HungUp where it wants to be left alone for a while."""
        run = Run(parcels, until, note)
        count = max(1, min(self.connections, -(-len(parcels) // PARCELS_A_CONNECTION)))
        backends = [self._backend() for _ in range(count)]
        threads = [threading.Thread(target=self._work, args=(run, one), daemon=True) for one in backends]
        for thread in threads:
            thread.start()
        yield from run.outcomes(threads)
        for thread in threads:
            thread.join()
        if run.trouble:
            raise run.trouble
        if run.hung_up:
            raise HungUp(run.hung_up)

    def close(self) -> None:
        """Connections last as long as a batch."""

    def _work(self, run: Run, backend: Any) -> None:
        backend.open()
        try:
            while not (run.trouble or run.hung_up) and (parcel := run.take()):
                run.put(self._sent(backend, parcel))
        except HungUp as problem:
            run.hung_up = problem.message
        except ProviderError as problem:
            run.trouble = problem
        finally:
            backend.close()

    def _backend(self) -> Any:
        with (
            warnings.catch_warnings()
        ):  # that a service is no longer looked after by anymail stands in its documentation
            warnings.simplefilter("ignore")
            return self._kind(fail_silently=False, **self._options)

    def _sent(self, backend: Any, parcel: Parcel) -> Outcome:
        try:
            mail = as_django(parcel)
            if self.service == "postmark":
                mail.extra_headers["X-PM-KeepID"] = "true"  # else it makes a Message-ID of its own
            backend.send_messages([mail])
        except AnymailRecipientsRefused:
            pass  # what it says of the one reader is read below
        except AnymailAPIError as problem:
            return self._explained(parcel, problem)
        except (AnymailError, ValueError, LookupError) as problem:
            said = str(problem).splitlines() or [type(problem).__name__]
            return Outcome(parcel.message, Result.REFUSED, f"It does not go by {self.service}: {said[0]}")
        return self._answered(parcel, mail)

    def _answered(self, parcel: Parcel, mail: Any) -> Outcome:
        told = next(iter(mail.anymail_status.recipients.values()), None)
        answer = mail.anymail_status.esp_response
        if (told is None or told.status == "unknown") and getattr(answer, "status_code", 200) >= 400:
            said = " ".join(answer.text.split())[:200]
            return Outcome(parcel.message, Result.REFUSED, f"{self.service} said: {answer.status_code} {said}")
        if told is None or told.status in TAKEN:
            return Outcome(parcel.message, Result.SENT, ref=str(told.message_id or "") if told else "")
        words = WORDS.get(told.status, WORDS["failed"])
        return Outcome(parcel.message, Result.REFUSED, f"{self.service} {words}")

    def _explained(self, parcel: Parcel, problem: AnymailAPIError) -> Outcome:
        """Raises HungUp and ProviderError for what is about us and not about this mail."""
        code = problem.status_code
        if code is None:
            return self._unanswered(parcel, problem)
        said = f"{self.service} said: {code} {_text(problem)}".strip()
        if code in (401, 403):
            raise ProviderError(
                f"{self.service} does not accept our key, or not what it is used for. {said}", permanent=True
            )
        if code == 429:
            raise HungUp(f"{self.service} has got as much as it takes for now. {said}")
        if 200 <= code < 300:
            return Outcome(
                parcel.message, Result.UNKNOWN, f"{self.service} took it and answered what nobody understands."
            )
        if code in (502, 504):
            return Outcome(parcel.message, Result.UNKNOWN, f"It may have gone out. {said}")
        return Outcome(parcel.message, Result.LATER if code >= 500 or code == 408 else Result.REFUSED, said)

    def _unanswered(self, parcel: Parcel, problem: Exception) -> Outcome:
        is_before = isinstance(problem, requests.exceptions.ConnectTimeout) or (
            isinstance(problem, requests.exceptions.ConnectionError) and "NewConnectionError" in repr(problem.__cause__)
        )
        if is_before:
            return Outcome(parcel.message, Result.LATER, f"{self.service} cannot be reached.")
        return Outcome(parcel.message, Result.UNKNOWN, f"{self.service} took the request and did not answer.")


def as_django(parcel: Parcel) -> EmailMultiAlternatives:
    """The finished mail taken apart again. It goes to the one reader of the parcel: Cc only tells of the others, and a service
    would write to them."""
    mail = message_from_bytes(parcel.data, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    made = EmailMultiAlternatives(
        subject=str(mail["Subject"] or ""),
        body=_body(mail, "plain"),
        from_email=str(mail["From"]),
        to=[_named(mail, parcel.to)],
        reply_to=[str(mail["Reply-To"])] if mail["Reply-To"] else None,
        headers={name: str(mail[name]) for name in KEPT if mail[name]},
    )
    if html := _body(mail, "html"):
        made.attach_alternative(html, "text/html")
    for part in mail.iter_attachments():
        made.attach(part.get_filename() or "file", part.get_payload(decode=True), part.get_content_type())
    key = parcel.key.strip("<>")
    if len(key) <= LONGEST_FACT:
        made.metadata = {OUR_NAME: key}  # type: ignore[attr-defined]
    return made


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if part else ""


def _named(mail: EmailMessage, to: str) -> str:
    """With the reader's name, where the mail says it."""
    names = {address.lower(): name for name, address in getaddresses([str(mail["To"] or "")])}
    name = names.get(to.lower(), "")
    return str(Address(name, addr_spec=to)) if name and to.isascii() else to


def _text(problem: AnymailAPIError) -> str:
    response = getattr(problem, "response", None)
    return " ".join(response.text.split())[:200] if response is not None else ""
