"""The people of segments, as they are at this moment."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db.models import QuerySet

from crm.models import Contact
from marketing.models import Segment, SegmentMember, Send

LONGEST = 300


def members_of(*segments: Segment | int, excluded: Collection[Segment | int] = ()) -> QuerySet[Contact]:
    """Everybody in one of the segments and in none of the excluded ones, each once, without those in the bin."""
    people = Contact.objects.alive().filter(pk__in=_members(segments))
    return people.exclude(pk__in=_members(excluded)) if excluded else people


def people_of(send: Send) -> QuerySet[Contact]:
    to = send.segments.values_list("pk", flat=True)
    return members_of(*to, excluded=list(send.excluded.values_list("pk", flat=True)))


def in_words(segments: Sequence[Segment], excluded: Sequence[Segment]) -> str:
    """“Customers, Guests without Partners”."""
    said = ", ".join(str(segment) for segment in segments)
    if excluded:
        said += " without " + ", ".join(str(segment) for segment in excluded)
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"


def _members(segments: Collection[Segment | int]) -> QuerySet:
    return SegmentMember.objects.filter(segment__in=segments).values("contact")
