"""Insights of emails and sends over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from marketing.models import MarketingEmail, Send
from marketing.queries import funnel, readers
from marketing.queries.insights import NAMES, by_domain, by_link, by_variant, in_all, messages_of, over_time
from marketing.queries.numbers import Line


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
    bounced_hard = PairSerializer()
    bounced_soft = PairSerializer()
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


class ReadersSerializer(serializers.Serializer):
    """Who opened and clicked with or from it. `key` is “-” where it is not known."""

    key = serializers.CharField()
    name = serializers.CharField()
    opened = PairSerializer()
    clicked = PairSerializer()


class StepSerializer(serializers.Serializer):
    """`worth` is in the base currency, where a step is worth money."""

    name = serializers.CharField()
    count = serializers.IntegerField()
    worth = serializers.DecimalField(max_digits=18, decimal_places=2, allow_null=True)
    currency = serializers.CharField(allow_null=True)


class InsightsSerializer(serializers.Serializer):
    """`funnel`: from sent to revenue won; leads and deals of people who clicked, made within 30 days after it was sent.
    `segments` are told of sends to several, `countries` where the server has a database of them. `over_time` is by the hour, or by the day (`is_by_day`) where there are more than 72 hours."""

    numbers = NumbersSerializer()
    variants = GroupSerializer(many=True)
    segments = GroupSerializer(many=True)
    domains = GroupSerializer(many=True)
    devices = ReadersSerializer(many=True)
    clients = ReadersSerializer(many=True)
    systems = ReadersSerializer(many=True)
    countries = ReadersSerializer(many=True)
    funnel = StepSerializer(many=True)
    links = LinkSerializer(many=True)
    is_by_day = serializers.BooleanField()
    over_time = MomentSerializer(many=True)


class InsightActions:
    """What the viewsets of emails and sends share."""

    @extend_schema(responses={200: InsightsSerializer})
    @action(detail=True, methods=["get"], serializer_class=InsightsSerializer)
    def insights(self, request: Request, pk: str | None = None) -> Response:
        """What became of it: in all, by variant, segment, domain, device and link, over time; what came of the clicks."""
        return Response(InsightsSerializer(told(self.get_object())).data)  # type: ignore[attr-defined]


def told(subject: MarketingEmail | Send) -> dict[str, Any]:
    messages = messages_of(subject)
    moments, is_by_day = over_time(messages)
    return {
        "numbers": _numbers(in_all(subject)),
        "variants": [{"name": line.key, "numbers": _numbers(line)} for line in by_variant(subject)],
        "domains": [{"name": line.key, "numbers": _numbers(line)} for line in by_domain(messages)],
        "segments": [{"name": line.label, "numbers": _numbers(line)} for line in _segments(subject)],
        "devices": _readers(readers.by_device(messages)),
        "clients": _readers(readers.by_client(messages)),
        "systems": _readers(readers.by_system(messages)),
        "countries": _readers(readers.by_country(messages)),
        "funnel": [_told_step(step) for step in funnel.steps_of(subject, funnel.USUAL_DAYS)],
        "links": [
            {"id": int(line.key), "url": line.label, "clicked": line.of("clicked")} for line in by_link(messages)
        ],
        "is_by_day": is_by_day,
        "over_time": moments,
    }


def _numbers(line: Line) -> dict[str, Any]:
    return {name: line.of(name) for name in NAMES}


def _segments(subject: MarketingEmail | Send) -> list[Line]:
    return readers.by_segment(subject) if isinstance(subject, Send) else []


def _readers(lines: list[Line]) -> list[dict[str, Any]]:
    return [
        {"key": line.key, "name": line.label, "opened": line.of("opened"), "clicked": line.of("clicked")}
        for line in lines
    ]


def _told_step(step: funnel.Step) -> dict[str, Any]:
    worth, currency = step.money or (None, None)
    return {"name": step.name, "count": step.count, "worth": worth, "currency": currency}
