"""Who wrote first: the mail that somebody forwarded, attached as it was or quoted by one of the usual mail programs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr

from crm.mailbox.parts import Mail, taken_apart

FROM = re.compile(r"^[>\s*]*(?:From|Von|De|Da|Van|Från|Fra|Od|От)\s?:[\s*]*(\S[^\n]{0,400})$", re.MULTILINE)
ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(?:\.[\w-]+)+")
MARKS = re.compile(r"^\s*(?:(?:fwd?|wg|tr|rv|i|doorst|vs|vb|pd)\s*:\s*)+", re.IGNORECASE)


@dataclass(frozen=True)
class Original:
    """The mail as it was before somebody forwarded it, as far as it can be told. `answers` as of a Mail."""

    sender: str
    sender_name: str
    subject: str
    text: str
    sent_at: datetime | None
    answers: tuple[str, ...] = ()


def original_of(mail: Mail) -> Original | None:
    """None where nobody is named as its sender."""
    if mail.inner:
        inner = taken_apart(mail.inner)
        if inner.sender:
            return Original(inner.sender, inner.sender_name, inner.subject, inner.text, inner.sent_at, inner.answers)
    for line in FROM.findall(mail.text):
        address = ADDRESS.search(line)
        if address:
            name = parseaddr(line)[0] or line[: address.start()].strip(" <[*\"'(")
            subject = MARKS.sub("", mail.subject)
            return Original(address[0].lower(), name.replace("mailto:", "").strip(), subject, mail.text, None)
    return None
