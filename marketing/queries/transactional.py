"""What became of the emails that programs asked for."""

from __future__ import annotations

from django.db.models import OuterRef, Q, QuerySet, Subquery

from crm.delivery.verdicts import LIKELY_HUMAN
from crm.models import Interaction


def with_happenings(rows: QuerySet) -> QuerySet:
    """With the first delivery, bounce, open and click of each, out of the log; opens and clicks by people, as far as can be
    told."""

    def first(kind: str) -> Subquery:
        heard = Interaction.objects.filter(message=OuterRef("pk"), kind=f"email.{kind}")
        heard = heard.filter(Q(verdict="") | Q(verdict__in=LIKELY_HUMAN)).order_by("occurred_at")
        return Subquery(heard.values("occurred_at")[:1])

    return rows.select_related("message").annotate(
        delivered_at=first("delivered"),
        bounced_at=first("bounced"),
        opened_at=first("opened"),
        clicked_at=first("clicked"),
    )
