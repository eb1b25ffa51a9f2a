"""What stands against a sender before its mails go out: is its domain authenticated, does anybody know, does it matter here?"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.deliverability.finding import BAD, OPEN
from crm.delivery.carriers import leaves_the_machine
from crm.delivery.senders import default_sender
from crm.models import Sender, SenderDomain
from crm.queries.deliverability import PROOFS, domain_of, is_vouched_for

NAMES = {"spf": "SPF", "dkim": "DKIM", "dmarc": "DMARC"}


@dataclass(frozen=True)
class Doubt:
    """`says` is for whoever is about to send. `is_unknown` where nobody can say: then it may be well all the same.

    `is_unasked` where nobody has ever looked, so that somebody should.
    """

    domain: str
    says: str
    is_unknown: bool = False
    is_unasked: bool = False


def doubt_about(sender: Sender | None) -> Doubt | None:
    """None where all is well, where there is no sender, and where mails land in the Outbox. At most two queries."""
    sender = sender or default_sender()
    if sender is None or not leaves_the_machine("email", sender):
        return None
    domain = domain_of(sender)
    row = SenderDomain.objects.filter(domain=domain).first()
    match is_vouched_for(row):
        case True:
            return None
        case False:
            said = _("%(domain)s is not authenticated: %(wrong)s. Gmail, Yahoo and Microsoft refuse such mail or take it for spam.")  # fmt: skip
            return Doubt(domain, said % {"domain": domain, "wrong": _wrong(row)})
        case _:
            return _unknown(domain, row)


def _unknown(domain: str, row: SenderDomain | None) -> Doubt:
    words = {"domain": domain}
    if row is None or row.checked_at is None:
        said = _("Nobody has looked yet whether %(domain)s is authenticated. It is being looked up now.") % words
        return Doubt(domain, said, is_unknown=True, is_unasked=row is None or row.asked_at is None)
    if row.problem:
        said = _("Whether %(domain)s is authenticated is not known: %(problem)s")
        return Doubt(domain, said % {**words, "problem": row.problem}, is_unknown=True)
    said = _("Whether %(domain)s is authenticated is not known: nobody can say how %(open)s stands.")
    return Doubt(domain, said % {**words, "open": _listed(row, OPEN)}, is_unknown=True)


def _wrong(row: SenderDomain | None) -> str:
    names = _names(row, BAD)
    said = ngettext("%s is missing or wrong", "%s are missing or wrong", len(names))
    return said % _listed(row, BAD)


def _listed(row: SenderDomain | None, state: str) -> str:
    """The names of the proofs in this state: “SPF and DMARC”."""
    *first, last = _names(row, state)
    return f"{', '.join(first)} {_('and')} {last}" if first else last


def _names(row: SenderDomain | None, state: str) -> list[str]:
    states = {found["check"]: found["state"] for found in row.findings} if row else {}
    return [NAMES[check] for check in PROOFS if states.get(check, OPEN) == state]
