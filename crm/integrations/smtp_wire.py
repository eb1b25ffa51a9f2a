"""One SMTP connection: the conversation for many messages, a round trip each where the server pipelines."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable
from contextlib import suppress

from crm.delivery.providers import Outcome, Parcel, Result

NO_SUCH_ADDRESS = re.compile(r"^5\.1\.(?!7\b|8\b)\d+")  # 5.1.7 and 5.1.8 speak of the sender's address
UNFIT = re.compile(r"[\x00-\x20<>\x7f]")
LONGEST_LINE = 8192
END = b"\r\n.\r\n"

Reply = tuple[int, str]


class Closed(Exception):
    """The server hangs up (421). Its words, after “The mail server …”."""


class Wire:
    """A connection after EHLO, TLS and sign-in."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp
        self.in_hand: Parcel | None = None
        self._read = b""
        self._pipelines = smtp.has_extn("pipelining")
        self._takes_utf8 = smtp.has_extn("smtputf8")

    def carry(self, take: Callable[[], Parcel | None], put: Callable[[Outcome], None]) -> None:
        """Take parcels until there are none, put their outcomes. Raises Closed or OSError when the connection ends."""
        current = self.in_hand = self._next(take, put)
        if current:
            self._send(self._envelope(current))
        ready = _ready(current)
        while current:
            following: Parcel | None = None
            mail, to, data = self._replies(current)
            refused = next((reply for reply in (mail, to) if reply[0] >= 400), None)
            if data[0] != 354:
                ending, refused = b"RSET\r\n", refused or data
            elif refused:
                ending = b".\r\n"  # the server wants a message that nobody will get
            else:
                ending = ready
            if self._pipelines:
                following = self._next(take, put)
                self._send(ending + (self._envelope(following) if following else b""))
                ready = _ready(following)  # signed while the server takes the one before
                answer = self._reply()
            else:
                self._send(ending)
                answer = self._reply()
                following = self._next(take, put)
                if following:
                    self._send(self._envelope(following))
                ready = _ready(following)
            put(_outcome(current, refused, answer, is_about_reader=mail[0] < 400))
            current = self.in_hand = following

    def is_alive(self) -> bool:
        try:
            return self._smtp.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def quit(self) -> None:
        with suppress(OSError, smtplib.SMTPException):
            self._smtp.quit()
        self.abandon()

    def abandon(self) -> None:
        self._smtp.close()

    def _next(self, take: Callable[[], Parcel | None], put: Callable[[Outcome], None]) -> Parcel | None:
        """The next parcel whose address this server can be told; the others are refused here."""
        while parcel := take():
            if UNFIT.search(parcel.to) or UNFIT.search(parcel.envelope_from) or "@" not in parcel.to:
                put(Outcome(parcel.message, Result.REFUSED, "The address is not one that mail can be sent to."))
            elif not (self._takes_utf8 or (_wired(parcel.to).isascii() and _wired(parcel.envelope_from).isascii())):
                put(
                    Outcome(
                        parcel.message, Result.REFUSED, "The mail server takes no address with letters beyond a to z."
                    )
                )
            else:
                return parcel
        return None

    def _envelope(self, parcel: Parcel) -> bytes:
        """MAIL, RCPT and DATA in one go; without pipelining they are sent one by one by `_replies`."""
        if not self._pipelines:
            return b""
        return b"".join(self._commands(parcel))

    def _commands(self, parcel: Parcel) -> tuple[bytes, bytes, bytes]:
        sent_from, to = _wired(parcel.envelope_from), _wired(parcel.to)
        utf8 = "" if sent_from.isascii() and to.isascii() else " SMTPUTF8"
        return f"MAIL FROM:<{sent_from}>{utf8}\r\n".encode(), f"RCPT TO:<{to}>\r\n".encode(), b"DATA\r\n"

    def _replies(self, parcel: Parcel) -> tuple[Reply, Reply, Reply]:
        if self._pipelines:
            return self._reply(), self._reply(), self._reply()
        replies: list[Reply] = []
        for command in self._commands(parcel):
            if replies and replies[-1][0] >= 400:
                replies.append((503, "Not asked."))
                continue
            self._send(command)
            replies.append(self._reply())
        return replies[0], replies[1], replies[2]

    def _send(self, data: bytes) -> None:
        if data:
            sock = self._smtp.sock
            if sock is None:
                raise Closed("hung up.")
            sock.sendall(data)

    def _reply(self) -> Reply:
        """The next one, of as many lines as it has. Replies come several at a time, so what was read is kept."""
        said: list[str] = []
        while True:
            line = self._line()
            code, more = line[:3], line[3:4] == b"-"
            if not code.isdigit():
                raise Closed("spoke no SMTP.")
            said.append(line[4:].decode("utf-8", "replace").strip())
            if not more:
                break
        if code == b"421":
            raise Closed(f"hung up: 421 {chr(10).join(said)}")
        return int(code), "\n".join(said)

    def _line(self) -> bytes:
        while (end := self._read.find(b"\n")) < 0:
            if len(self._read) > LONGEST_LINE:
                raise Closed("spoke no SMTP.")
            sock = self._smtp.sock
            got = sock.recv(8192) if sock else b""
            if not got:
                raise Closed("hung up.")
            self._read += got
        line, self._read = self._read[:end], self._read[end + 1 :]
        return line


def _wired(address: str) -> str:
    """The domain in its ASCII form where it has one."""
    local, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}{at}{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address


def _ready(parcel: Parcel | None) -> bytes:
    """As it goes over the wire, signed where we sign."""
    return _dotted(parcel.signed) if parcel else b""


def _dotted(data: bytes) -> bytes:
    """A line that begins with a dot gets another one; a lone dot ends the message."""
    if data.startswith(b"."):
        data = b"." + data
    data = data.replace(b"\r\n.", b"\r\n..")
    return data + (END[2:] if data.endswith(b"\r\n") else END)


def _outcome(parcel: Parcel, refused: Reply | None, answer: Reply, *, is_about_reader: bool) -> Outcome:
    code, said = refused or answer
    if code < 400:
        return Outcome(parcel.message, Result.SENT, ref=said)
    reason = f"The mail server said: {code} {said}"
    if code < 500:
        return Outcome(parcel.message, Result.LATER, reason)
    is_bounce = is_about_reader and NO_SUCH_ADDRESS.match(said)
    return Outcome(parcel.message, Result.BOUNCED if is_bounce else Result.REFUSED, reason)
