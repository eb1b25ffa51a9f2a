"""Fields of serializers: a record that the client may see; anything else does not exist for them."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from crm.models import Record


class SeenField(serializers.PrimaryKeyRelatedField):
    """The id of a record of `model` among those the client may see."""

    def __init__(self, model: type[Record] | None = None, **kwargs: Any) -> None:
        self.model = model
        if model is not None:
            kwargs["queryset"] = model.objects.all()
        super().__init__(**kwargs)

    def get_queryset(self) -> QuerySet:
        queryset: Any = super().get_queryset()
        request = self.context.get("request")
        return queryset.visible_to(request.user) if request else queryset.none()
