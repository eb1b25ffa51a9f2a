"""What the API says about repeating: the rule as its parts (RFC 5545), and what changes with all that follow."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from crm.recurrence import DAYS, FREQUENCIES, Repeat


class RepeatSerializer(serializers.Serializer):
    """Every `every` days, weeks, months or years; `days` go with WEEKLY; `until` a day, or `count` times, or without end."""

    frequency = serializers.ChoiceField(choices=FREQUENCIES)
    every = serializers.IntegerField(min_value=1, max_value=99, default=1)
    days = serializers.ListField(child=serializers.ChoiceField(choices=DAYS), required=False, default=list)
    until = serializers.DateField(required=False, allow_null=True, default=None)
    count = serializers.IntegerField(min_value=2, max_value=500, required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("until") and attrs.get("count"):
            raise serializers.ValidationError({"count": "Say until when, or how many times: not both."})
        if attrs.get("days") and attrs["frequency"] != "WEEKLY":
            raise serializers.ValidationError({"days": "Days of the week go with weeks."})
        return attrs


def repeat_of(facts: dict[str, Any]) -> Repeat:
    return Repeat(**{**facts, "days": tuple(facts["days"])})


class FollowingSerializer(serializers.Serializer):
    """What is not named stays. `due_at` gives all another hour; they keep their days."""

    subject = serializers.CharField(max_length=200, required=False)
    location = serializers.CharField(max_length=200, required=False, allow_blank=True)
    due_at = serializers.DateTimeField(required=False)
    ends_at = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("ends_at") and not attrs.get("due_at"):
            raise serializers.ValidationError({"ends_at": "Say due_at as well."})
        if attrs.get("ends_at") and attrs["ends_at"] < attrs["due_at"]:
            raise serializers.ValidationError({"ends_at": "It cannot end before it starts."})
        return attrs
