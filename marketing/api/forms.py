"""Forms and what was sent, over the API."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import ReadViewSet, RecordViewSet
from crm.errors import Invalid
from crm.models import User
from marketing.actions.forms import Envelope, submit_answer
from marketing.answers import answer_form
from marketing.fields import parse
from marketing.filters import FormFilter, SubmissionFilter
from marketing.models import Form, Submission


class FormSerializer(serializers.ModelSerializer):
    """`fields` is the definition: a list of {name, kind, label, required, …}; marketing/fields.py says what may stand in it."""

    public_url = serializers.SerializerMethodField()

    class Meta:
        model = Form
        fields = [
            "id", "name", "slug", "introduction", "fields", "button", "thank_you", "redirect_url", "campaign",
            "creates_lead", "confirms_by_mail", "is_open", "public_url", "owner", "version", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["version"]

    def validate_fields(self, value: Any) -> Any:
        parse(value)
        return value

    def get_public_url(self, form: Form) -> str:
        return f"{settings.PUBLIC_URL}{form.get_absolute_url()}"


class SubmissionSerializer(serializers.ModelSerializer):
    class Meta:
        model = Submission
        fields = ["id", "form", "contact", "campaign", "values", "verdict", "page", "at"]


class AnswerSerializer(serializers.Serializer):
    """`values` by the names of the form's fields; `page` is the address where it was filled in."""

    values = serializers.DictField()
    page = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class FormViewSet(RecordViewSet):
    queryset = Form.objects.all()
    serializer_class = FormSerializer
    filterset_class = FormFilter

    @extend_schema(request=AnswerSerializer, responses={201: SubmissionSerializer})
    @action(detail=True, methods=["post"], serializer_class=AnswerSerializer)
    def submit(self, request: Request, pk: str | None = None) -> Response:
        """Send an answer for somebody: judged like one from the page, with the same consequences."""
        form = self.get_object()
        self.must_be_editable(form)
        sent = self.get_serializer(data=request.data)
        sent.is_valid(raise_exception=True)
        submission = submit_for(form, sent.validated_data["values"], sent.validated_data["page"], by=request.user)
        return Response(SubmissionSerializer(submission).data, status=201)


def submit_for(form: Form, values: dict[str, Any], page: str, *, by: Any) -> Submission:
    """Raises Invalid for a name that the form does not have, ValidationError with the paths of wrong values."""
    definition = form.definition
    known = {field.name for field in definition}
    for name in values:
        if name not in known:
            raise Invalid(f"The form has no field “{name}”.", field=f"values/{name}")
    answer = answer_form(definition)(values)
    if not answer.is_valid():
        raise serializers.ValidationError(
            {"values": {name: [str(error) for error in errors] for name, errors in answer.errors.items()}}
        )
    user: User = by
    return submit_answer(form, answer, Envelope(token=f"api-{uuid.uuid4().hex}", page=page), by=user)


class SubmissionViewSet(ReadViewSet):
    resource = "marketing.form"
    queryset = Submission.objects.all()
    serializer_class = SubmissionSerializer
    filterset_class = SubmissionFilter
