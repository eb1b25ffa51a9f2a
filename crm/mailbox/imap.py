"""Talking to an IMAP server: one folder, opened to look and not to touch; whatever goes wrong is told in a sentence."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from imap_tools import MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxFolderStatusError, MailboxLoginError

from crm.errors import CrmError
from crm.models.mailboxes import Mailbox, is_loopback

ANSWERS_WITHIN = 10.0
"""Seconds that a server may take for a piece of its answer."""
WINDOW = 5_000
"""Numbers that are asked for at once, so that the answer for a folder of millions stays short."""
SIZE = re.compile(rb"UID (\d+)[^)]*RFC822\.SIZE (\d+)|RFC822\.SIZE (\d+)[^)]*UID (\d+)")
UID = re.compile(rb"\bUID (\d+)\b")


class MailboxProblem(CrmError):
    """A mailbox cannot be read now, for this reason."""

    status = 502


@dataclass(frozen=True)
class Place:
    """Where a folder stands: the era of its numbers, and the number that the next mail will get."""

    uid_validity: int
    uid_next: int


class Folder:
    """The opened folder of a mailbox. Its methods raise MailboxProblem."""

    def __init__(self, mailbox: Mailbox, box: Any) -> None:
        self.mailbox, self._box = mailbox, box

    def place(self) -> Place:
        with told(self.mailbox):
            found = self._box.folder.status(self.mailbox.folder, ["UIDVALIDITY", "UIDNEXT"])
            self._box.folder.set(self.mailbox.folder, readonly=True)
            return Place(found["UIDVALIDITY"], found["UIDNEXT"])

    def numbers_between(self, first: int, last: int) -> list[int]:
        """The numbers there are in this window, in order."""
        return self._search(f"UID {first}:{last}", lambda uid: first <= uid <= last)

    def first_since(self, day: date) -> int | None:
        """The lowest number of what came since this day."""
        return next(iter(self._search(f"SINCE {day.day}-{imaplib.Months[day.month]}-{day.year}", bool)), None)  # type: ignore[attr-defined]

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Bytes by number."""
        lines = self._fetch(",".join(map(str, uids)), "(UID RFC822.SIZE)")
        found = [SIZE.search(line if isinstance(line, bytes) else line[0]) for line in lines if line]
        return {int(match[1] or match[4]): int(match[2] or match[3]) for match in found if match}

    def mail(self, uid: int) -> bytes | None:
        """The mail as it came, left unread; None where it is gone."""
        for line in self._fetch(str(uid), "(UID BODY.PEEK[])"):
            if isinstance(line, tuple) and len(line) == 2 and f"{uid}".encode() in UID.findall(line[0]):
                return bytes(line[1])
        return None

    def _fetch(self, uids: str, what: str) -> list[Any]:
        with told(self.mailbox):
            state, lines = self._box.client.uid("FETCH", uids, what)
            if state != "OK":
                raise imaplib.IMAP4.error(lines)
            return list(lines)

    def _search(self, criteria: str, is_meant: Any) -> list[int]:
        with told(self.mailbox):
            return sorted(uid for uid in map(int, self._box.uids(criteria, charset=None)) if is_meant(uid))


@contextmanager
def opened(mailbox: Mailbox) -> Iterator[Folder]:
    """Signed in, the folder selected for reading. Raises MailboxProblem."""
    with told(mailbox):
        box = _connected(mailbox)
        try:
            _sign_in(box, mailbox)
        except BaseException:
            _leave(box)
            raise
    try:
        yield Folder(mailbox, box)
    finally:
        _leave(box)


def _connected(mailbox: Mailbox) -> Any:
    """With TLS the certificate must be one that this machine trusts."""
    host, port = mailbox.host, mailbox.port
    if mailbox.security == Mailbox.Security.NONE:
        if not is_loopback(host):
            raise MailboxProblem(_("Without encryption only a mailbox on this machine is read."))
        return MailBoxUnencrypted(host, port, timeout=ANSWERS_WITHIN)
    context = ssl.create_default_context()
    if mailbox.security == Mailbox.Security.STARTTLS:
        return MailBoxStartTls(host, port, timeout=ANSWERS_WITHIN, ssl_context=context)
    return MailBox(host, port, timeout=ANSWERS_WITHIN, ssl_context=context)


def _sign_in(box: Any, mailbox: Mailbox) -> None:
    password = mailbox.password
    is_plain = (mailbox.user_name + password).isascii()
    sign_in = box.login if is_plain else box.login_utf8
    try:
        sign_in(mailbox.user_name, password, initial_folder=None)
    except imaplib.IMAP4.abort:
        raise
    except (MailboxLoginError, imaplib.IMAP4.error) as problem:
        if "UNAVAILABLE" in str(problem):
            raise MailboxProblem(_("%s cannot let anybody sign in at the moment.") % mailbox.host) from problem
        raise MailboxProblem(_("%s does not accept the user name or the password.") % mailbox.host) from problem


def _leave(box: Any) -> None:
    with suppress(Exception):
        box.logout()
    with suppress(Exception):
        box.client.shutdown()


@contextmanager
def told(mailbox: Mailbox) -> Iterator[None]:
    """What the network and the server may do, as a sentence."""
    host, port = mailbox.host, mailbox.port
    words = {"host": host, "port": port, "seconds": int(ANSWERS_WITHIN), "folder": mailbox.folder}
    try:
        yield
    except socket.gaierror as problem:
        raise MailboxProblem(_("There is no server “%(host)s”.") % words) from problem
    except ConnectionRefusedError as problem:
        raise MailboxProblem(_("%(host)s refuses connections at port %(port)s.") % words) from problem
    except TimeoutError as problem:
        raise MailboxProblem(_("%(host)s did not answer within %(seconds)s seconds.") % words) from problem
    except ssl.SSLCertVerificationError as problem:
        words["why"] = problem.verify_message
        raise MailboxProblem(_("The certificate of %(host)s cannot be trusted: %(why)s.") % words) from problem
    except ssl.SSLError as problem:
        sentence = _("%(host)s does not speak TLS at port %(port)s. Choose the other encryption, or the other port.")
        raise MailboxProblem(sentence % words) from problem
    except (MailboxFolderSelectError, MailboxFolderStatusError) as problem:
        raise MailboxProblem(_("There is no folder “%(folder)s” in this mailbox.") % words) from problem
    except (imaplib.IMAP4.abort, ConnectionError) as problem:
        if "TLS not supported" in str(problem):
            raise MailboxProblem(_("%(host)s offers no STARTTLS at port %(port)s.") % words) from problem
        raise MailboxProblem(_("%(host)s broke off the connection.") % words) from problem
    except (OSError, imaplib.IMAP4.error, ImapToolsError, ValueError, KeyError, IndexError, TypeError) as problem:
        words["said"] = " ".join(str(problem).split())[:120]
        raise MailboxProblem(_("%(host)s answered something unexpected: %(said)s") % words) from problem
