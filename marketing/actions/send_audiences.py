"""Keeping who was meant by a send, by set, when its messages are made: by which segments, and who got none and why."""

from __future__ import annotations

from django.db.models import BigIntegerField, Case, CharField, Exists, F, OuterRef, QuerySet, Value, When

from crm.models import Contact, Message
from crm.sql import insert_select, typed
from marketing.models import LeftOut, Segment, SegmentMember, Send, SendMember

Why = LeftOut.Why


def keep_audience(send: Send, *, is_test: bool) -> None:
    """After its messages were made; again when the winner of a test has gone to the rest. A few statements, whatever the number.

    `is_test`: whoever has no message yet waits for the winner.
    """
    _keep_members(send)
    LeftOut.objects.filter(send=send).delete()
    written = Message.objects.filter(send_key=send.send_key, contact=OuterRef("pk"))
    meant = Contact.objects.filter(pk__in=_members(send.segments.all())).exclude(Exists(written))
    excluded = SegmentMember.objects.filter(segment__in=send.excluded.all(), contact=OuterRef("pk"))
    why = Case(
        When(deleted_at__isnull=False, then=Value(Why.BIN.value)),
        When(Exists(excluded), then=Value(Why.EXCLUDED.value)),
        default=Value((Why.WAITS if is_test else Why.SHARED).value),
        output_field=CharField(),
    )
    rows = meant.annotate(of_send=typed(send.pk, BigIntegerField()), of_why=why).order_by("pk")
    insert_select(LeftOut, ["send_id", "contact_id", "why"], rows.values_list("of_send", "pk", "of_why"))


def _keep_members(send: Send) -> None:
    if send.segments.count() < 2:
        return
    members = SegmentMember.objects.filter(segment__in=send.segments.all())
    people = Contact.objects.alive().filter(pk=OuterRef("contact_id"))
    rows = members.filter(Exists(people)).annotate(of_send=typed(send.pk, BigIntegerField())).order_by("pk")
    insert_select(
        SendMember,
        ["send_id", "segment_id", "contact_id"],
        rows.values_list("of_send", F("segment_id"), F("contact_id")),
    )


def _members(segments: QuerySet[Segment]) -> QuerySet:
    return SegmentMember.objects.filter(segment__in=segments).values("contact")
