"""Why each person of a send got it or not, after it went: groups by reason, the people of a group, and the answer for one.

What has a message tells by its status and reason; who has none is kept in LeftOut. Reasons are those of the moment at which
they were decided: who gives consent today has still not got yesterday's mail for want of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from crm.delivery.heard import Heard
from crm.delivery.send_counts import counts_of
from crm.models import Contact, Message
from crm.search.finding import narrow
from marketing.models import LeftOut, Send

Status, Why = Message.Status, LeftOut.Why
TOLD_BY_REASON = (Status.NOT_SENT, Status.CANCELLED)
"""What these say is one of few sentences; the words of mail servers and of bounces are the message's own."""
BUCKET = 2000


@dataclass(frozen=True)
class Group:
    """`n` people told alike. `key` and `reason` find them."""

    key: str
    reason: str
    label: str
    n: int
    is_good: bool = False


@dataclass(frozen=True)
class Told:
    """One person and what became of her; `address` is the one that was written to."""

    contact: Contact
    address: str
    words: str


def groups_of(send: Send) -> list[Group]:
    """Who got it first, then the reasons, most frequent first. Two questions."""
    counted: Counter[tuple[str, str]] = Counter()
    for (_variant, status, reason, _heard), n in counts_of(send.send_key).items():
        counted[status, reason if status in TOLD_BY_REASON else ""] += n
    groups = [
        Group(status, reason, reason or _general(status, send), n, status == Status.SENT)
        for (status, reason), n in counted.items()
        if n > 0
    ]
    left = send.left_out.order_by().values_list("why").annotate(n=Count("pk"))
    groups += [Group(why, "", _left_out(why, send), n) for why, n in left]
    return sorted(groups, key=lambda group: (not group.is_good, -group.n, group.label))


def people(send: Send, key: str, reason: str) -> QuerySet[Any]:
    """The messages, or the rows of LeftOut, of a group. Raises LookupError where there is no such group."""
    if key in Why.values:
        return LeftOut.objects.filter(send=send, why=key)
    if key not in Status.values:
        raise LookupError(f"There is no group “{key}”.")
    rows = Message.objects.filter(send_key=send.send_key, status=key)
    return rows.filter(reason=reason) if key in TOLD_BY_REASON else rows


def told(row: Message | LeftOut, send: Send) -> Told:
    """What became of her, in a sentence."""
    assert row.contact is not None  # a send is to contacts
    if isinstance(row, LeftOut):
        return Told(row.contact, "", _left_out(row.why, send))
    return Told(row.contact, row.address, _in_words(row, send))


def why(send: Send, contacts: Collection[Contact]) -> list[Told]:
    """The answer for each of these, whoever they are. Two questions."""
    ids = [contact.pk for contact in contacts]
    messages = Message.objects.filter(contact__among=ids, send_key=send.send_key)
    rows: dict[Any, Any] = {one.contact_id: one for one in LeftOut.objects.filter(send=send, contact__among=ids)}
    rows |= {message.contact_id: message for message in messages}
    found = []
    for contact in contacts:
        row = rows.get(contact.pk)
        if row is None:
            found.append(Told(contact, "", _never_meant(send)))
        else:
            row.contact = contact
            found.append(told(row, send))
    return found


def everybody(send: Send, seen: QuerySet[Contact]) -> Iterator[Told]:
    """All of the audience that `seen` lets the reader see, in pieces: messages in their order, then who got none."""
    for rows in (Message.objects.filter(send_key=send.send_key), LeftOut.objects.filter(send=send)):
        visible: Any = rows.filter(contact__in=seen.order_by().values("pk")).select_related("contact").order_by("pk")
        last = 0
        while piece := list(visible.filter(pk__gt=last)[:BUCKET]):
            yield from (told(row, send) for row in piece)
            last = piece[-1].pk


def found_by(seen: QuerySet[Contact], text: str) -> QuerySet[Contact]:
    """Contacts by name or address, as somebody would type them."""
    exact = seen.filter(email_normal=text.strip().lower())
    return exact if exact.exists() else narrow(seen, text).order_by("last_name", "first_name", "pk")


def _in_words(message: Message, send: Send) -> str:
    if message.status == Status.SENT:
        return _heard(message.heard)
    if message.status in (Status.BOUNCED, Status.FAILED) and message.reason:
        before = _("It came back") if message.status == Status.BOUNCED else _("It could not be sent")
        return f"{before}: {message.reason}"
    return message.reason or _general(message.status, send)


def _heard(heard: int) -> str:
    """The furthest that she got."""
    for bits, words in (
        (Heard.COMPLAINED, _("It was delivered, and she marked it as spam.")),
        (Heard.UNSUBSCRIBED, _("It was delivered, and she unsubscribed.")),
        (Heard.REPLIED, _("It was delivered, and she replied.")),
        (Heard.CLICKED, _("It was delivered, and she clicked.")),
        (Heard.OPENED, _("It was delivered, and she opened it.")),
    ):
        if heard & bits:
            return words
    return _("It was delivered.")


def _general(status: str, send: Send) -> str:
    """Where the message itself says nothing, or each says something of its own."""
    return {
        Status.SENT.value: _("Delivered"),
        Status.DUE.value: _("It waits for its turn."),
        Status.HELD.value: _("It waits, because the send is paused."),
        Status.BOUNCED.value: _("It came back: the mail server of the reader took it and could not deliver it."),
        Status.FAILED.value: _("It could not be sent: the mail server refused it or was not reached."),
        Status.UNKNOWN.value: _("It may have gone out: the carrier never said."),
        Status.CANCELLED.value: _("The send was stopped."),
    }.get(status, _("No reason is known."))


def _left_out(why: str, send: Send) -> str:
    if why == Why.WAITS and send.is_over:
        return _("The send was stopped before the winner of its test was chosen.")
    return {
        Why.EXCLUDED.value: _("The person is in a segment that this send leaves out."),
        Why.BIN.value: _("The contact was in the bin."),
        Why.SHARED.value: _("The address is shared with somebody who was written to."),
        Why.WAITS.value: _("The person waits for the winner of the test."),
    }[why]


def _never_meant(send: Send) -> str:
    if send.started_at is None:
        return _("The send has not begun: who gets it is decided then.")
    return _("She was in none of the chosen segments when the send began.")
