"""The part of the check that asks about the sender: will mailbox providers believe that the mail is ours?"""

from __future__ import annotations

from django.urls import reverse

from crm.access.depths import may
from crm.actions.deliverability import look_up_unasked
from crm.models import Sender, User
from crm.queries.sender_trust import Doubt, doubt_about
from marketing.blocks.checking import Problem


def asked_about(sender: Sender | None) -> Doubt | None:
    """What stands against this sender (None is the default one). Where nobody ever looked, somebody is sent to look."""
    doubt = doubt_about(sender)
    if doubt and doubt.is_unasked:
        look_up_unasked(doubt.domain)
    return doubt


def about_sender(sender: Sender | None) -> list[Problem]:
    """A warning and no error: a relay may vouch for the mail in ways that Tandem does not see."""
    doubt = asked_about(sender)
    return [Problem(doubt.says, "sender", path="sender", is_error=False, url=trust_page())] if doubt else []


def trust_page() -> str:
    return reverse("admin:crm_senderdomain_changelist")


def may_see_trust(user: User) -> bool:
    """Whom the link leads somewhere."""
    return may(user, "crm.sender", "view")
