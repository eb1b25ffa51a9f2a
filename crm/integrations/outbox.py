"""The Outbox: the embedded carrier. Everything lands in a page of the admin, as its reader would see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crm.delivery.providers import Note, Outcome, Parcel, Result
from crm.models import Message, OutboxItem

GROUP = 100


class Outbox:
    batch = 300
    repeats_safely = True

    def carry(self, parcels: Sequence[Parcel], until: float, note: Note) -> Iterator[Outcome]:
        """A message lands once, however often it is carried; so nothing need be noted."""
        for start in range(0, len(parcels), GROUP):
            group = parcels[start : start + GROUP]
            channels = dict(Message.objects.filter(pk__in=[p.message for p in group]).values_list("pk", "channel"))
            OutboxItem.objects.bulk_create(
                [
                    OutboxItem(
                        message_id=parcel.message,
                        channel=channels[parcel.message],
                        to=parcel.to,
                        sent_from=parcel.sent_from,
                        subject=parcel.subject,
                        raw=parcel.data,
                    )
                    for parcel in group
                    if parcel.message in channels
                ],
                ignore_conflicts=True,
            )
            for parcel in group:
                yield Outcome(parcel.message, Result.SENT, ref="outbox")

    def close(self) -> None:
        """There is nothing to let go."""
