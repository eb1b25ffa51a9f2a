"""The mail server that EMAIL_URL names: where it is, TLS, sign-in. A connection, or a sentence that says why not."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from crm.errors import ProviderError

OPTIONS = ("tls", "ca", "connections", "timeout")


@dataclass(frozen=True)
class Server:
    """`context` is None where the address asks for no TLS; `is_tls_at_once` says that it does not begin with STARTTLS."""

    host: str
    port: int
    user: str
    password: str
    context: ssl.SSLContext | None
    is_tls_at_once: bool
    connections: int
    timeout: float

    @classmethod
    def at(cls, url: str) -> Server:
        """smtp://user:password@host:port, smtps:// for TLS at once; `?tls=1` STARTTLS, `?ca=` a file of trusted
        certificates instead of the system's, `?connections=4`, `?timeout=10`.

        Raises ValueError where the address or the file cannot be read.
        """
        parts = urlsplit(url)
        asked = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("EMAIL_URL is written smtp://user:password@host:port, with ?tls=1 for STARTTLS.")
        if unknown := set(asked) - set(OPTIONS):
            raise ValueError(f"EMAIL_URL knows {', '.join(OPTIONS)}, not {', '.join(sorted(unknown))}.")
        is_tls_at_once = parts.scheme == "smtps"
        is_starttls = asked.get("tls", "0").lower() not in ("0", "false", "no")
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if is_tls_at_once else 587 if is_starttls else 25),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            context=_context(asked.get("ca", "")) if is_tls_at_once or is_starttls else None,
            is_tls_at_once=is_tls_at_once,
            connections=int(asked.get("connections", "4")),
            timeout=float(asked.get("timeout", "10")),
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
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=self.context)
        else:
            smtp = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        smtp.ehlo_or_helo_if_needed()
        return smtp

    def _explained(self, problem: OSError | smtplib.SMTPException) -> ProviderError:
        match problem:
            case smtplib.SMTPAuthenticationError() if problem.smtp_code >= 500:
                said = f"The mail server {self.host} does not accept the user name and password of EMAIL_URL."
                return ProviderError(said, permanent=True)
            case smtplib.SMTPNotSupportedError():
                said = f"The mail server {self.host} does not offer what EMAIL_URL asks for: {problem}"
                return ProviderError(said, permanent=True)
            case ssl.SSLCertVerificationError():
                return ProviderError(
                    f"The certificate of the mail server {self.host} is not trusted ({problem.verify_message}). "
                    "If it is yours, name the file of its authority: ?ca=/path/to/ca.pem in EMAIL_URL."
                )
            case _:
                return ProviderError(f"The mail server {self.host}:{self.port} cannot be reached: {problem}")


def _context(ca: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca or None)
    except (OSError, ssl.SSLError) as problem:
        raise ValueError(f"EMAIL_URL names {ca} as trusted certificates, which cannot be read: {problem}") from None
