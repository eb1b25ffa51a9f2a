"""Insights of emails and sends over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from marketing.models import MarketingEmail, Send
from marketing.queries.insights import NAMES, Line, by_domain, by_link, by_variant, in_all, messages_of, over_time


class PairSerializer(serializers.Serializer):
    """`all` counts machines, too; `human` only who is likely a person."""

    all = serializers.IntegerField()
    human = serializers.IntegerField()


class NumbersSerializer(serializers.Serializer):
    """How many messages; one counts once, however often its reader did it."""

    sent = PairSerializer()
    delivered = PairSerializer()
    opened = PairSerializer()
    clicked = PairSerializer()
    replied = PairSerializer()
    bounced = PairSerializer()
    unsubscribed = PairSerializer()
    complained = PairSerializer()


class GroupSerializer(serializers.Serializer):
    name = serializers.CharField()
    numbers = NumbersSerializer()


class LinkSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    url = serializers.CharField()
    clicked = PairSerializer()


class MomentSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    opened = PairSerializer()
    clicked = PairSerializer()


class InsightsSerializer(serializers.Serializer):
    """`over_time` is by the hour, or by the day (`is_by_day`) where there are more than 72 hours."""

    numbers = NumbersSerializer()
    variants = GroupSerializer(many=True)
    domains = GroupSerializer(many=True)
    links = LinkSerializer(many=True)
    is_by_day = serializers.BooleanField()
    over_time = MomentSerializer(many=True)


class InsightActions:
    """What the viewsets of emails and sends share."""

    @extend_schema(responses={200: InsightsSerializer})
    @action(detail=True, methods=["get"], serializer_class=InsightsSerializer)
    def insights(self, request: Request, pk: str | None = None) -> Response:
        """What became of it: in all, by variant, domain and link, over time."""
        return Response(InsightsSerializer(told(self.get_object())).data)  # type: ignore[attr-defined]


def told(subject: MarketingEmail | Send) -> dict[str, Any]:
    messages = messages_of(subject)
    moments, is_by_day = over_time(messages)
    return {
        "numbers": _numbers(in_all(messages)),
        "variants": [{"name": line.key, "numbers": _numbers(line)} for line in by_variant(messages)],
        "domains": [{"name": line.key, "numbers": _numbers(line)} for line in by_domain(messages)],
        "links": [
            {"id": int(line.key), "url": line.label, "clicked": line.of("clicked")} for line in by_link(messages)
        ],
        "is_by_day": is_by_day,
        "over_time": moments,
    }


def _numbers(line: Line) -> dict[str, Any]:
    return {name: line.of(name) for name in NAMES}
