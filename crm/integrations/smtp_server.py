"""A mail server by its address: where it is, TLS, sign-in. A connection, or a sentence that says why not.

The one of EMAIL_URL is the operator's own and may be anywhere; one that is typed into a page is guarded: it is not to be a
way into the operator's network (crm/integrations/gateway.py).
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from crm.errors import ProviderError
from crm.integrations.gateway import Forbidden, public_address

OPTIONS = ("tls", "ca", "connections", "timeout")


@dataclass(frozen=True)
class Server:
    """`context` is None where the address asks for no TLS; `is_tls_at_once` says that it does not begin with STARTTLS.

    `named` is what its address is called in sentences.
    """

    host: str
    port: int
    user: str
    password: str
    context: ssl.SSLContext | None
    is_tls_at_once: bool
    connections: int
    timeout: float
    is_guarded: bool = False
    named: str = "EMAIL_URL"

    @classmethod
    def at(cls, url: str, *, is_guarded: bool = False, named: str = "EMAIL_URL") -> Server:
        """smtp://user:password@host:port, smtps:// for TLS at once; `?tls=1` STARTTLS, `?ca=` a file of trusted
        certificates instead of the system's, `?connections=4`, `?timeout=10`.

        Raises ValueError where the address or the file cannot be read.
        """
        parts = urlsplit(url)
        asked = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError(f"{named} is written smtp://user:password@host:port, with ?tls=1 for STARTTLS.")
        if unknown := set(asked) - set(OPTIONS):
            raise ValueError(f"{named} knows {', '.join(OPTIONS)}, not {', '.join(sorted(unknown))}.")
        is_tls_at_once = parts.scheme == "smtps"
        is_starttls = asked.get("tls", "0").lower() not in ("0", "false", "no")
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if is_tls_at_once else 587 if is_starttls else 25),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            context=_context(asked.get("ca", ""), named) if is_tls_at_once or is_starttls else None,
            is_tls_at_once=is_tls_at_once,
            connections=int(asked.get("connections", "4")),
            timeout=float(asked.get("timeout", "10")),
            is_guarded=is_guarded,
            named=named,
        )

    def must_be_outside(self) -> None:
        """Raises ValueError where it stands in the operator's own network; a name that nobody knows now is judged later."""
        try:
            public_address(self.host, self.port)
        except Forbidden:
            raise ValueError(self._inside()) from None
        except OSError:
            return

    def _inside(self) -> str:
        return (
            f"{self.host} is an address of this installation's own network, which a sender's mail server must not be. "
            "An operator may allow it by naming it in OUTBOUND_ALLOW."
        )

    def connect(self) -> smtplib.SMTP:
        """After EHLO, TLS and sign-in.

        Raises ProviderError: for good where the server refuses user and password or lacks what EMAIL_URL asks of it,
        since knocking again would only lock the account; else it is worth another try.
        """
        smtp: smtplib.SMTP | None = None
        try:
            smtp = self._reach()
            if self.context and not self.is_tls_at_once:
                smtp.starttls(context=self.context)
                smtp.ehlo()
            if self.user:
                smtp.login(self.user, self.password)
            return smtp
        except (OSError, smtplib.SMTPException) as problem:
            if smtp is not None:
                smtp.close()
            raise self._explained(problem) from problem

    def _reach(self) -> smtplib.SMTP:
        if self.context and self.is_tls_at_once:
            at_once = _GuardedTls if self.is_guarded else smtplib.SMTP_SSL
            smtp: smtplib.SMTP = at_once(self.host, self.port, timeout=self.timeout, context=self.context)
        else:
            plain = _Guarded if self.is_guarded else smtplib.SMTP
            smtp = plain(self.host, self.port, timeout=self.timeout)
        smtp.ehlo_or_helo_if_needed()
        return smtp

    def _explained(self, problem: OSError | smtplib.SMTPException) -> ProviderError:
        match problem:
            case Forbidden():
                return ProviderError(self._inside())
            case smtplib.SMTPAuthenticationError() if problem.smtp_code >= 500:
                said = f"The mail server {self.host} does not accept the user name and password of {self.named}."
                return ProviderError(said, permanent=True)
            case smtplib.SMTPNotSupportedError():
                said = f"The mail server {self.host} does not offer what {self.named} asks for: {problem}"
                return ProviderError(said, permanent=True)
            case ssl.SSLCertVerificationError():
                return ProviderError(
                    f"The certificate of the mail server {self.host} is not trusted ({problem.verify_message}). "
                    f"If it is yours, name the file of its authority: ?ca=/path/to/ca.pem in {self.named}."
                )
            case _:
                return ProviderError(f"The mail server {self.host}:{self.port} cannot be reached: {problem}")


class _Guarded(smtplib.SMTP):
    """Connects to the very address that was judged, so that a name cannot lead elsewhere in between; TLS sees the name."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return super()._get_socket(public_address(host, port), port, timeout)  # type: ignore[misc]


class _GuardedTls(smtplib.SMTP_SSL):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return super()._get_socket(public_address(host, port), port, timeout)  # type: ignore[misc]


def _context(ca: str, named: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca or None)
    except (OSError, ssl.SSLError) as problem:
        raise ValueError(f"{named} names {ca} as trusted certificates, which cannot be read: {problem}") from None
