"""Who signs the mail of each sender: Tandem, the mail server behind it, or nobody because nothing leaves the machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from crm.delivery.carriers import hands_over_mime, leaves_the_machine
from crm.models import Sender


@dataclass(frozen=True)
class Signer:
    """`by_us`: a key of the domain that signs is used for this sender's mail."""

    sender: Sender
    by_us: bool
    says: str


def signers_of(senders: Sequence[Sender]) -> list[Signer]:
    return [_signer(sender) for sender in senders]


def _signer(sender: Sender) -> Signer:
    if not leaves_the_machine("email", sender):
        return Signer(sender, False, _("Its mails land in the Outbox, where nothing is signed."))
    if not hands_over_mime(sender):
        return Signer(sender, False, _("It goes by an email service, which signs by itself."))
    if sender.relay_signs:
        return Signer(sender, False, _("Its mail server signs, as is said at the sender."))
    return Signer(sender, True, _("Tandem signs, as soon as a key was found in DNS."))
