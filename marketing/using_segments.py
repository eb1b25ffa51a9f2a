"""Where marketing itself uses segments: other segments, scores, and sends that are still to go out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from django.db.models import F
from django.urls import reverse

from marketing.models import ScoringRule, Segment, Send
from marketing.uses import Use, named_in


def segments_of(segments: Collection[int]) -> dict[int, list[Use]]:
    """Segments that refer to these."""
    found: dict[int, list[Use]] = defaultdict(list)
    for other in Segment.objects.alive().exclude(rule=None).only("pk", "name", "rule").order_by("pk"):
        for segment in (named_in(other.rule) & set(segments)) - {other.pk}:
            url = reverse("admin:marketing_segment_members", args=[other.pk])
            found[segment].append(Use(f"The segment “{other}”", url, is_live=True))
    return found


def scores_of(segments: Collection[int]) -> dict[int, list[Use]]:
    """Scoring models with a rule that asks for one of these."""
    found: dict[int, list[Use]] = defaultdict(list)
    for line in ScoringRule.objects.filter(model__deleted_at=None).select_related("model").order_by("pk"):
        for segment in named_in(line.when) & set(segments):
            url = reverse("admin:marketing_scoringmodel_change", args=[line.model_id])
            found[segment].append(Use(f"The scoring “{line.model}”", url, is_live=line.model.is_active))
    return found


def sends_of(segments: Collection[int]) -> dict[int, list[Use]]:
    """Sends to these that have not gone out yet."""
    found: dict[int, list[Use]] = defaultdict(list)
    waiting = Send.objects.alive().filter(status__in=[Send.Status.WAITING, Send.Status.SCHEDULED])
    for words, column in (("The send “{}”", "segments"), ("Left out of the send “{}”", "excluded")):
        rows = waiting.filter(**{f"{column}__in": segments}).annotate(used=F(f"{column}__pk"))
        for send in rows.select_related("email", "text_message").order_by("pk"):
            url = reverse("admin:marketing_send_change", args=[send.pk])
            found[send.used].append(Use(words.format(send), url, is_live=True))
    return found
