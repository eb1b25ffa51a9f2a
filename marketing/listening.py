"""What marketing reads in the log and among the touched contacts, to keep segments and scores up to date.

What they do on account of an import is as quiet as the import was (crm/log/quiet.py), so that no journey starts from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crm.log import quiet
from crm.models import Interaction, Touched
from crm.rules.tree import kinds_in
from marketing.actions import engagement, membership, scores


def segment_kinds() -> set[str]:
    """The kinds that a segment's rule asks for."""
    wanted = {kind for _, rule in membership.dynamic() for kind in kinds_in(rule)}
    return wanted | {"segment.entered", "segment.left"} | engagement.HEARD


def segments_hear(rows: list[Interaction], now: datetime) -> None:
    """The roll-up first: membership and roll-up know of the same rows at any moment."""
    engagement.recount({row.contact_id for row in rows if row.contact_id and row.kind in engagement.HEARD})
    for cause, some in quiet.by_cause(rows):
        with quiet.quietly(cause):
            membership.look_again(_people(some), now, kinds={row.kind for row in some})


def segments_see(rows: list[Touched], now: datetime) -> None:
    """Touched is also who was merged, and has another past now."""
    engagement.recount(_people(rows))
    for cause, some in quiet.touched_by_cause(rows):
        with quiet.quietly(cause):
            membership.look_again(_people(some), now)


def scores_hear(rows: list[Interaction], now: datetime) -> None:
    for cause, some in quiet.by_cause(rows):
        with quiet.quietly(cause):
            scores.look_again(_people(some), now, kinds={row.kind for row in some})


def scores_see(rows: list[Touched], now: datetime) -> None:
    for cause, some in quiet.touched_by_cause(rows):
        with quiet.quietly(cause):
            scores.look_again(_people(some), now)


def _people(rows: Sequence[Interaction | Touched]) -> set[int]:
    return {row.contact_id for row in rows if row.contact_id}
