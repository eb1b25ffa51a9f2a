"""Reading segments: members, why somebody is in or not, the box on a person's page, and what rules ask."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.hooks.attributes import Proof
from crm.models import Contact, User
from crm.rules.columns import among
from crm.rules.use import Reason, parse, reasons
from marketing.actions.membership import found_by
from marketing.models import Segment, SegmentChoice, SegmentMember


def segment_choices() -> list[tuple[int, str]]:
    return list(Segment.objects.alive().values_list("pk", "name"))


def member_q(op: str, value: Any) -> Q:
    """The attribute “segment”: by membership, never by the other segment's rule."""
    if op in ("is_empty", "is_filled"):
        member = among("pk", SegmentMember.objects.all(), "contact_id")
        return member if op == "is_filled" else ~member
    segments = value if isinstance(value, tuple) else (value,)
    member = among("pk", SegmentMember.objects.filter(segment__in=segments), "contact_id")
    return member if op in ("is", "is_any_of") else ~member


def member_proof(contact: int, value: Any, _subject: Any) -> list[Proof]:
    """The memberships that a test of the attribute “segment” looks at."""
    rows = SegmentMember.objects.filter(contact=contact, segment__deleted_at=None).select_related("segment")
    if value is not None:
        rows = rows.filter(segment__in=value if isinstance(value, tuple) else (value,))
    return [
        Proof(
            _("In “%s”") % one.segment,
            one.entered_at,
            reverse("admin:marketing_segment_members", args=[one.segment_id]),
        )
        for one in rows.order_by("-entered_at", "-pk")[:20]
    ]


def members(segment: Segment, user: Any) -> QuerySet[SegmentMember]:
    """The members whom this user may see, the newest first."""
    rows = SegmentMember.objects.filter(segment=segment, contact__in=Contact.objects.visible_to(user).values("pk"))
    return rows.select_related("contact", "contact__account").order_by("-entered_at", "-pk")


def query_of(segment: Segment) -> str:
    """The query string by which the list of contacts, and bulk work on all that match, find its members."""
    rule = {"all": [{"test": "segment", "op": "is", "value": segment.pk}]}
    return urlencode({"view": "everybody", "rule": json.dumps(rule)})


@dataclass(frozen=True)
class Why:
    """`reason` is None for a list, where there is no rule. `in_scope`: is she within the team the segment is of?"""

    member: SegmentMember | None
    reason: Reason | None
    in_scope: bool
    is_alive: bool
    choice: SegmentChoice | None = None

    @property
    def fits(self) -> bool:
        holds = self.choice.is_included if self.choice else self.reason and self.reason.holds
        return bool(holds and self.in_scope)


def why(
    segment: Segment, contact: Contact, now: datetime, *, reader: User, say: Callable[[str], str] | None = None
) -> Why:
    """Why is she in, or not? The rule is asked about her alone; `say` as in crm.rules.reasons. Raises RuleInvalid."""
    member = SegmentMember.objects.filter(segment=segment, contact=contact).first()
    choice = SegmentChoice.objects.filter(segment=segment, contact=contact).select_related("by").first()
    is_alive = contact.deleted_at is None and contact.is_active
    if segment.kind == Segment.Kind.STATIC:
        return Why(member, None, True, is_alive, choice)
    rule = parse(segment.rule)
    reason = reasons(rule, contact.pk, now, reader=reader, say=say)
    wanted = choice.is_included if choice else reason.holds
    in_scope = not (wanted and is_alive) or found_by(segment, rule, now).filter(pk=contact.pk).exists()
    return Why(member, reason, in_scope, is_alive, choice)


def panel(request: HttpRequest, contact: Any) -> str:
    """The box on a contact's page."""
    rows = SegmentMember.objects.filter(contact=contact, segment__deleted_at=None).select_related("segment")
    found = list(rows.order_by("segment__name")[:20])
    if not found:
        return ""
    user: Any = request.user
    context = {
        "memberships": found,
        "may_open": user.may("marketing.segment", "view") and user.is_staff,
    }
    return render_to_string("marketing/segments/_panel.html", context, request)
