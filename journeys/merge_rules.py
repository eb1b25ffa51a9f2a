"""Who is in a journey twice, once merged, goes on once."""

from __future__ import annotations

from crm.actions.merge_ledger import Ledger
from crm.hooks import merging
from journeys.models import Participant, Turn


def register_all() -> None:
    merging.first("journeys.once_inside", "crm.contact", leave_where_the_winner_is)
    merging.moves(
        "journeys.participants",
        Participant,
        "contact_id",
        on=["crm.contact"],
        once_per=[["journey_id", "entry_key"]],
        leaves_like=True,
    )
    merging.moves("journeys.turns", Turn, "contact_id", on=["crm.contact"], once_per=[["journey_id", "key"]])


def leave_where_the_winner_is(ledger: Ledger) -> None:
    """The loser's way ends where the winner is under way in the same journey."""
    inside = Participant.objects.active().filter(may_overlap=False)
    journeys = inside.filter(contact=ledger.winner).values("journey")
    for one in inside.filter(contact=ledger.loser, journey__in=journeys).select_for_update():
        ledger.change(one, status=Participant.Status.EXITED, due_at=None, left_at=ledger.now, outcome="merged")
