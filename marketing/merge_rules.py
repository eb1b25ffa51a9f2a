"""What of marketing goes with a person who is merged."""

from __future__ import annotations

from crm.actions.merge_ledger import Ledger
from crm.hooks import merging
from marketing.models import (
    Engagement,
    Hush,
    LeftOut,
    Registration,
    Score,
    SegmentChoice,
    SegmentMember,
    SendMember,
    Submission,
    Visitor,
)

CONTACT = ["crm.contact"]
RANKS = {Registration.Status.CANCELLED: 0, Registration.Status.REGISTERED: 1, Registration.Status.ATTENDED: 2}


def register_all() -> None:
    moves = merging.moves
    merging.first("marketing.best_registration", "crm.contact", keep_the_better_registration)
    moves("marketing.registrations", Registration, "contact_id", on=CONTACT, once_per=[["event_id"]])
    moves("marketing.submissions", Submission, "contact_id", on=CONTACT)
    moves("marketing.visitors", Visitor, "contact_id", on=CONTACT, is_counted=False)
    moves("marketing.scores", Score, "contact_id", on=CONTACT, once_per=[["model_id"]], is_counted=False)
    moves("marketing.segments", SegmentMember, "contact_id", on=CONTACT, once_per=[["segment_id"]], is_counted=False)
    moves("marketing.choices", SegmentChoice, "contact_id", on=CONTACT, once_per=[["segment_id"]], is_counted=False)
    moves("marketing.left_out", LeftOut, "contact_id", on=CONTACT, once_per=[["send_id"]], is_counted=False)
    moves(
        "marketing.send_members",
        SendMember,
        "contact_id",
        on=CONTACT,
        once_per=[["send_id", "segment_id"]],
        is_counted=False,
    )
    merging.stays(
        "marketing.engagement",
        Engagement,
        "contact_id",
        on=CONTACT,
        why="It is read anew from the log, which goes along.",
    )
    merging.stays(
        "marketing.hushed", Hush, "contact_id", on=CONTACT, why="It only waits for the next refresh of its segment."
    )


def keep_the_better_registration(ledger: Ledger) -> None:
    """Who is registered twice for an event has attended it if either has."""
    theirs = Registration.objects.filter(contact=ledger.loser)
    mine = {
        one.event_id: one
        for one in Registration.objects.filter(
            contact=ledger.winner, event__in=theirs.values("event")
        ).select_for_update()
    }
    for other in theirs.filter(event__in=mine):
        kept = mine[other.event_id]
        if RANKS[Registration.Status(other.status)] > RANKS[Registration.Status(kept.status)]:
            ledger.change(kept, status=other.status)
