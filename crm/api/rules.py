"""A stored rule in a serializer: each problem at its path (“rule/all[0]”)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crm.rules.parse import check
from crm.rules.tree import CONTACT


@extend_schema_field(OpenApiTypes.OBJECT)
class StoredRuleField(serializers.JSONField):
    """{"all": […]}, {"any": […]}, {"not": …}, {"test": …}, {"did": …} or {"top": …}; see the guide to rules. `of` is the kind of record."""

    def __init__(self, *, of: str = CONTACT, **kwargs: Any) -> None:
        self.of = of
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        stored = super().to_internal_value(data)
        problems: dict[str, list[str]] = defaultdict(list)
        for problem in check(stored, self.of):
            problems[problem.path.removeprefix("rule").strip("/")].append(problem.message)
        if problems:
            raise serializers.ValidationError(dict(problems))
        return stored
