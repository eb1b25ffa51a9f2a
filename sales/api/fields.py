"""A record named by its id: only what the client's user may see can be named."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet
from rest_framework import serializers


class Seen(serializers.PrimaryKeyRelatedField):
    def __init__(self, model: type[Model] | None = None, **kwargs: Any) -> None:
        self.model = model
        if model is not None and not kwargs.get("read_only"):
            kwargs.setdefault("queryset", model._default_manager.all())
        super().__init__(**kwargs)

    def get_queryset(self) -> QuerySet:
        request = self.context.get("request")
        queryset: Any = super().get_queryset()
        return queryset.visible_to(request.user) if request else queryset
