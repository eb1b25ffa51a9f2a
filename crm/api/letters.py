"""/api/v1/letters/ and /api/v1/email-templates/: emails that people write, and what they write them with."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.see import must_be_able_to_add
from crm.actions.email_templates import change_template, create_template, delete_template
from crm.actions.letters import send_at, take_back, write_letter
from crm.api.fields import SeenField
from crm.api.views import ReadViewSet, RecordViewSet
from crm.models import Activity, Attachment, Contact, EmailTemplate
from crm.queries.letters import results_of
from crm.queries.named import record_named
from crm.queries.template_words import filled
from crm.queries.timeline import Subject


class EmailTemplateSerializer(serializers.ModelSerializer):
    """`about` is the kind of record (“sales.lead”), "" for any; `reach` is personal, team or everybody."""

    html = serializers.CharField(max_length=100_000)

    class Meta:
        model = EmailTemplate
        fields = [
            "id", "name", "subject", "html", "about", "language", "reach", "is_active", "owner", "team", "version",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["owner", "team", "version"]


class OnSerializer(serializers.Serializer):
    """`on` names a record that you see: “sales.lead:5”."""

    on = serializers.CharField()

    def validate_on(self, label: str) -> Any:
        try:
            return record_named(label, self.context["request"].user)
        except Http404:
            raise serializers.ValidationError(f"“{label}” names no record that you can see.") from None


class FilledSerializer(serializers.Serializer):
    """`empty` are tokens for which nothing is known."""

    subject = serializers.CharField()
    html = serializers.CharField()
    empty = serializers.ListField(child=serializers.CharField())


class EmailTemplateViewSet(RecordViewSet):
    """Your own, your team's, the company's."""

    queryset = EmailTemplate.objects.all()
    serializer_class = EmailTemplateSerializer
    answer_serializer_class = EmailTemplateSerializer
    filterset_fields = ["about", "reach", "language", "is_active"]

    def perform_create(self, form: Any) -> Any:
        user: Any = self.request.user
        return create_template(**form.validated_data, by=user)

    def perform_update(self, form: Any) -> Any:
        user: Any = self.request.user
        return change_template(form.instance, **form.validated_data, by=user)

    def perform_destroy(self, record: Any) -> None:
        delete_template(record)

    @extend_schema(request=OnSerializer, responses=FilledSerializer)
    @action(detail=True, methods=["post"], serializer_class=OnSerializer)
    def fill(self, request: Request, pk: str | None = None) -> Response:
        """Subject and text as the person of this record would read them."""
        template = self.get_object()
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        record, user = form.validated_data["on"], request.user
        contact = Subject.of(record).contact
        said = filled(template.subject, template.html, record=record, contact=contact, by=user)  # type: ignore[arg-type]
        return Response({"subject": said.subject, "html": said.html, "empty": said.empty})


class LetterSerializer(OnSerializer):
    """An email to one person. `on` is what it is about; `to` another contact than the record's; `files` ids of attachments
    that you see. `due_at` in the future lets it wait.
    """

    on = serializers.CharField(required=False)
    to = SeenField(Contact, required=False)
    subject = serializers.CharField(max_length=200)
    html = serializers.CharField(max_length=100_000)
    cc = serializers.CharField(required=False, allow_blank=True, default="")
    bcc = serializers.CharField(required=False, allow_blank=True, default="")
    template = SeenField(queryset=EmailTemplate.objects.all(), required=False, allow_null=True)
    files = serializers.PrimaryKeyRelatedField(queryset=Attachment.objects.all(), many=True, required=False)
    due_at = serializers.DateTimeField(required=False, allow_null=True)
    is_tracked = serializers.BooleanField(required=False, default=True)

    def validate_files(self, files: list[Attachment]) -> list[Attachment]:
        for file in files:
            try:
                record_named(
                    f"{file.record_type.app_label}.{file.record_type.model}:{file.record_id}",
                    self.context["request"].user,
                )
            except Http404:
                raise serializers.ValidationError(f"There is no file {file.pk} that you can see.") from None
        return files

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        record = attrs.pop("on", None)
        attrs["regarding"] = record
        attrs.setdefault("to", Subject.of(record).contact if record is not None else None)
        if attrs["to"] is None:
            raise serializers.ValidationError({"to": "Name the contact whom it is to."})
        return attrs


class SentSerializer(serializers.Serializer):
    """`id` is that of its activity. Opens and clicks by machines are not counted."""

    id = serializers.IntegerField(source="pk")
    subject = serializers.CharField()
    status = serializers.CharField(help_text="waiting, done or cancelled.")
    outcome = serializers.CharField()
    due_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(source="done_at")
    to: Any = serializers.PrimaryKeyRelatedField(source="contact", read_only=True)
    opens = serializers.SerializerMethodField()
    clicks = serializers.SerializerMethodField()
    replies = serializers.SerializerMethodField()

    def to_representation(self, instance: Activity) -> dict[str, Any]:
        self.result = results_of([instance.pk]).get(instance.pk)
        shown: dict[str, Any] = super().to_representation(instance)
        return shown

    @extend_schema_field(serializers.IntegerField)
    def get_opens(self, activity: Activity) -> int:
        return self.result.opens if self.result else 0

    @extend_schema_field(serializers.IntegerField)
    def get_clicks(self, activity: Activity) -> int:
        return self.result.clicks if self.result else 0

    @extend_schema_field(serializers.IntegerField)
    def get_replies(self, activity: Activity) -> int:
        return self.result.replies if self.result else 0


class LetterViewSet(ReadViewSet):
    """Emails that people wrote in Tandem; the newest first."""

    queryset = Activity.objects.filter(letter__isnull=False).order_by("-pk")
    serializer_class = SentSerializer
    answer_serializer_class = SentSerializer

    @extend_schema(request=LetterSerializer, responses={201: SentSerializer})
    def create(self, request: Request) -> Response:
        """Write one. It goes out at once, or when `due_at` has come."""
        must_be_able_to_add(request.user, Activity)
        form = LetterSerializer(data=request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        return self.answer(write_letter(**form.validated_data, by=request.user), 201)  # type: ignore[arg-type]

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer, url_path="take-back")
    def take_back(self, request: Request, pk: str | None = None) -> Response:
        """It is not sent; 409 where it has gone."""
        return self.acted(take_back, request)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer, url_path="send-now")
    def send_now(self, request: Request, pk: str | None = None) -> Response:
        """A waiting one goes out now."""

        def hurry(activity: Activity, *, by: Any) -> Activity:
            send_at(activity, None)
            return Activity.objects.get(pk=activity.pk)

        return self.acted(hurry, request)
