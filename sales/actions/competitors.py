"""Competitors are put into a deal and taken out of it; the history of the deal tells of them."""

from __future__ import annotations

from django.db import transaction

from crm.access.see import must_be_able_to
from crm.audit import keep_in_bulk
from crm.models import User
from sales.models import Competitor, Opportunity, Rivalry


@transaction.atomic
def put_into_deal(competitor: Competitor, opportunity: Opportunity, *, note: str | None = None, by: User) -> Rivalry:
    """One competitor stands in a deal once; put there again, only the note changes, where one is given."""
    standing, is_new = Rivalry.objects.select_for_update().get_or_create(
        opportunity=opportunity, competitor=competitor, defaults={"note": note or "", "created_by": by}
    )
    before = "" if is_new else str(standing)
    if not is_new and note is not None:
        standing.note = note
        standing.save()
    if str(standing) != before:
        keep_in_bulk([(opportunity, {"competitors": [before, str(standing)]})], by=by)
    return standing


@transaction.atomic
def take_out_of_deal(standing: Rivalry, *, by: User) -> None:
    """They are not in it after all. Raises Forbidden where `by` may not change the deal."""
    must_be_able_to(by, "change", standing.opportunity)
    said = str(standing)
    Rivalry.objects.filter(pk=standing.pk).delete()
    keep_in_bulk([(standing.opportunity, {"competitors": [said, ""]})], by=by)
