"""What the bin must know about segments: one that comes back has slept, and counts its members anew."""

from __future__ import annotations

from crm.hooks import bin as hook
from crm.hooks.bin import BinRule, Ids
from marketing.actions.segments import refresh_soon
from marketing.models import Segment


def register_all() -> None:
    hook.register(BinRule("marketing.segment", "marketing.segment", back=count_anew))


def count_anew(segments: Ids) -> None:
    for segment in Segment.objects.filter(pk__in=segments, kind=Segment.Kind.DYNAMIC):
        refresh_soon(segment)
