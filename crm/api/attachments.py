"""/api/v1/attachments/: the files of a record, `?on=sales.lead:5`."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, parsers, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.see import see_or_404
from crm.actions.attachments import attach_file, attachments_of, remove_attachment
from crm.api.authentication import BY_ITS_RECORD
from crm.api.views import IdempotentView
from crm.errors import Invalid
from crm.models import Attachment
from crm.queries.named import record_named


class AttachmentSerializer(serializers.ModelSerializer):
    on = serializers.CharField(write_only=True, help_text="The record: “sales.lead:5”.")
    file = serializers.FileField(write_only=True)
    url = serializers.HyperlinkedIdentityField(view_name="crm:attachment", lookup_field="pk")

    class Meta:
        model = Attachment
        fields = ["id", "on", "file", "name", "media_type", "size", "digest", "by", "at", "url"]
        read_only_fields = ["name", "media_type", "size", "digest", "by", "at"]


class AttachmentViewSet(
    IdempotentView, mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet
):
    """Who sees the record sees its files; who may change it brings and removes them."""

    resource = BY_ITS_RECORD
    queryset = Attachment.objects.select_related("record_type")
    serializer_class = AttachmentSerializer
    parser_classes = [parsers.MultiPartParser]
    filter_backends: list[Any] = []

    def get_queryset(self) -> Any:
        if self.action != "list":
            return super().get_queryset()
        return attachments_of(self._record(self.request.query_params.get("on", "")))

    def get_object(self) -> Attachment:
        attachment: Attachment = super().get_object()
        model: Any = attachment.record_type.model_class()
        see_or_404(model, attachment.record_id, self.request.user)
        return attachment

    @extend_schema(parameters=[OpenApiParameter("on", str, required=True)])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        record = self._record(form.validated_data["on"]).must_be_editable_by(request.user)
        made = attach_file(record, form.validated_data["file"], by=request.user)  # type: ignore[arg-type]
        return Response(self.get_serializer(made).data, status=201)

    def perform_destroy(self, instance: Attachment) -> None:
        record: Any = instance.record
        record.must_be_editable_by(self.request.user)
        remove_attachment(instance, by=self.request.user)  # type: ignore[arg-type]

    def _record(self, label: str) -> Any:
        try:
            record = record_named(label, self.request.user)
        except Http404:
            record = None
        if record is None or not hasattr(record, "must_be_editable_by"):
            raise Invalid("Say which record the files are on, as “sales.lead:5”.", field="on")
        return record
