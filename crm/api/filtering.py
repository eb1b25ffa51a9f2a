"""Lists of the API are filtered as the pages are: by every field of the kind of record, under the same names."""

from __future__ import annotations

from typing import Any

from django_filters.rest_framework import DjangoFilterBackend

from crm.field_filters import filterset_of
from crm.hooks import records

OF_ITS_KIND = "of its kind"
"""The filterset_class of a viewset of a kind of record."""


class RecordFilterBackend(DjangoFilterBackend):
    def get_filterset_class(self, view: Any, queryset: Any = None) -> Any:
        if getattr(view, "filterset_class", None) != OF_ITS_KIND:
            return super().get_filterset_class(view, queryset)
        model = (queryset if queryset is not None else view.queryset).model
        asked = None if getattr(view, "swagger_fake_view", False) else list(view.request.query_params)
        return filterset_of(records.kind_of(model), asked)
