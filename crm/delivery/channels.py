"""The ways to reach a person: where her address stands, what a good one looks like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from crm.errors import Invalid
from crm.models.consent import Channel
from crm.phones import normal_phone

DELIVER = "crm.delivery.tasks.deliver_due"
LONGEST = 254
"""Letters of an address: as SMTP has it, and the columns that keep one."""


@dataclass(frozen=True)
class Way:
    """`address` is the contact's column with the normalised address; `normal` makes any spelling that form, or "".

    `flag` is the contact's column that says: not in this way.
    """

    name: str
    address: str
    normal: Callable[[str], str]
    none: str
    kind_sent: str
    kind_clicked: str
    flag: str


def normal_email(address: str) -> str:
    """As the column Contact.email_normal has it."""
    return address.strip().lower()


_ways = {
    Channel.EMAIL: Way(
        "email",
        "email_normal",
        normal_email,
        "There is no email address.",
        "email.sent",
        "email.clicked",
        "do_not_email",
    ),
    Channel.SMS: Way(
        "sms", "mobile_normal", normal_phone, "There is no mobile number.", "sms.sent", "sms.clicked", "do_not_sms"
    ),
}


def address_for(channel: str, typed: str, *, field: str = "address") -> str:
    """The normal form of what somebody typed. Raises Invalid for what is no address of that channel, or would be two lines."""
    value = way(channel).normal(typed)
    is_one = len(value) <= LONGEST and all(sign.isprintable() and not sign.isspace() for sign in value)
    if not value or not is_one or (channel == Channel.EMAIL and "@" not in value):
        raise Invalid(_("“%(address)s” is no address for this channel.") % {"address": typed[:80]}, field=field)
    return value


def way(channel: str) -> Way:
    """Raises LookupError for a channel that does not exist."""
    try:
        return _ways[Channel(channel)]
    except ValueError:
        raise LookupError(f"There is no channel “{channel}”. Known: {', '.join(Channel.values)}.") from None
