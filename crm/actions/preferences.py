"""What readers decide on their own pages: leave, undo that, say why, choose. Only what changes becomes a line of the ledger.

What is written down here is read inside, in the language of the house, whatever the page speaks.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from crm.actions.consent import contact_point, give_consent, take_back, withdraw_consent
from crm.actions.suppressions import flag_address
from crm.log.recording import record
from crm.models import Consent, Message, Purpose
from crm.queries.preferences import Reach

LONGEST_REASON = 300


def purpose_left(message: Message) -> str:
    """What leaving by this message ends: its own purpose; a message about something she asked for leads out of the news."""
    return Purpose.COMMERCIAL if message.purpose == Purpose.TRANSACTIONAL else message.purpose


@transaction.atomic
def leave(message: Message, *, is_one_click: bool) -> None:
    """No more messages of this purpose to this address; a second time changes nothing."""
    point, purpose = contact_point(message.address, message.channel), purpose_left(message)
    said = Consent.objects.filter(point=point, purpose=purpose, topic=None, is_current=True)
    if said.filter(granted=False).exists():
        return
    how = "One click in the mail program" if is_one_click else "Unsubscribe page"
    was = said.exists()
    withdraw_consent(point, purpose=purpose, source=how, proof={"message": message.pk, "had_agreed": was})
    if message.contact_id and message.channel == "email":
        record(
            "email.unsubscribed",
            contact=message.contact_id,
            source=(message.content_type, message.content_id),
            campaign=message.campaign_id,
            message=message,
            data={"how": how},
        )


@transaction.atomic
def undo_leaving(message: Message) -> bool:
    """She did not mean it: what held before holds again, which is a yes only where there was one. Answers whether there was
    anything to undo."""
    point, purpose = contact_point(message.address, message.channel), purpose_left(message)
    left = Consent.objects.filter(point=point, purpose=purpose, topic=None, is_current=True, granted=False).first()
    if left is None or left.proof.get("message") != message.pk:
        return False
    if left.proof.get("had_agreed"):
        give_consent(point, purpose=purpose, source="Unsubscribing was undone", proof={"message": message.pk})
    else:
        take_back(left)
    if message.contact_id:
        record("unsubscribing.undone", contact=message.contact_id, campaign=message.campaign_id, message=message)
    return True


def say_why(message: Message, reason: str) -> None:
    """Why somebody left, in her own words; the first answer to a message counts."""
    said = " ".join(reason.split())[:LONGEST_REASON]
    if said and message.contact_id:
        record(
            "unsubscribing.explained",
            contact=message.contact_id,
            source=(message.content_type, message.content_id),
            campaign=message.campaign_id,
            message=message,
            data={"title": said},
            key=f"why:{message.pk}",
        )


@transaction.atomic
def choose(reaches: Sequence[Reach], chosen: set[str], *, message: Message) -> None:
    """“Nothing at all” sets the flag of everybody at the address; any other choice takes it off again."""
    where = "Preferences page"
    for reach in reaches:
        point = contact_point(reach.point.value, reach.point.channel)
        if reach.nothing in chosen:
            flag_address(point, True, source=where)
            continue
        if reach.is_flagged:
            flag_address(point, False, source=where)
        for choice in reach.choices:
            wanted = choice.name in chosen
            if wanted != choice.is_on:
                decide = give_consent if wanted else withdraw_consent
                decide(
                    point,
                    purpose=choice.purpose,
                    topic=choice.topic,
                    source=where,
                    text_shown=choice.label,
                    proof={"message": message.pk},
                )
