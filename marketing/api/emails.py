"""Emails and text messages over the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.fields import SeenField
from crm.api.views import RecordViewSet
from crm.delivery.purposes import sending_choices
from crm.delivery.rendering import preview
from crm.errors import Invalid
from crm.models import Contact, Message
from marketing.actions import emails, sends, texts
from marketing.api.insights import InsightActions
from marketing.api.languages import LanguageActions
from marketing.api.sends import SendRequestSerializer, SendSerializer
from marketing.blocks.parsing import as_stored, parse_blocks
from marketing.blocks.uses import keep_uses
from marketing.filters import EmailFilter, TextFilter
from marketing.models import Brand, MarketingEmail, TextMessage


def sendable(key: str) -> str:
    """Raises ValidationError where nothing is sent for this purpose."""
    known = dict(sending_choices())
    if key not in known:
        raise serializers.ValidationError(f"The purpose is one of {', '.join(sorted(known))}.")
    return key


class EmailSerializer(serializers.ModelSerializer):
    """`blocks` is a list of {"kind": …, …}; an edit of a ready email makes it a draft again."""

    blocks = serializers.JSONField(required=False)
    brand = SeenField(Brand, required=False, allow_null=True)

    class Meta:
        model = MarketingEmail
        fields = [
            "id", "name", "subject", "preheader", "sender", "purpose", "topic", "campaign", "language", "api_name", "brand", "adds_utm", "utm_campaign",
            "blocks", "status", "ready_version", "owner", "version", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["status", "ready_version", "version"]

    def validate_purpose(self, key: str) -> str:
        return sendable(key)

    def validate_api_name(self, name: str) -> str:
        emails.must_be_free_name(name, self.instance)
        return name

    def validate_blocks(self, blocks: Any) -> Any:
        return as_stored(parse_blocks(blocks))

    def create(self, validated_data: dict[str, Any]) -> MarketingEmail:
        email: MarketingEmail = super().create(validated_data)
        keep_uses(email)
        return email

    def update(self, instance: MarketingEmail, validated_data: dict[str, Any]) -> MarketingEmail:
        by = self.context["request"].user
        changed = {name: value for name, value in validated_data.items() if name in emails.EDITABLE}
        email = emails.edit_email(instance, **changed, by=by)
        if "owner" in validated_data:
            email.owner = validated_data["owner"]
            email.save(update_fields=["owner"])
        return email


class TestSerializer(serializers.Serializer):
    """`to` is empty for yourself; `contact` is whose values are shown."""

    to = serializers.CharField(required=False, allow_blank=True)
    contact = serializers.PrimaryKeyRelatedField(queryset=Contact.objects.none(), required=False, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        fields["contact"].queryset = Contact.objects.visible_to(self.context["request"].user)  # type: ignore[attr-defined]
        return fields


class SentSerializer(serializers.ModelSerializer):
    class Meta:
        model = Message
        fields = ["id", "channel", "address", "status"]


class ProblemSerializer(serializers.Serializer):
    message = serializers.CharField()
    field = serializers.CharField()
    block = serializers.CharField()
    path = serializers.CharField()
    is_error = serializers.BooleanField()
    url = serializers.CharField(help_text="The page on which it is mended, where that is not the designer.")


class PreviewSerializer(serializers.Serializer):
    subject = serializers.CharField()
    html = serializers.CharField()
    text = serializers.CharField()


class ContentActions(RecordViewSet):
    """What emails and texts share: a send to a segment."""

    @extend_schema(request=SendRequestSerializer, responses={202: SendSerializer})
    @action(detail=True, methods=["post"], serializer_class=SendRequestSerializer)
    def send(self, request: Request, pk: str | None = None) -> Response:
        content = self.get_object()
        self.must_be_editable(content)
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        send = sends.start_send(content, **form.validated_data, by=request.user)  # type: ignore[arg-type]
        return Response(SendSerializer(send, context=self.get_serializer_context()).data, status=202)

    def tested(self, request: Request, send_test: Any) -> Response:
        content = self.get_object()
        self.must_be_editable(content)
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(SentSerializer(send_test(content, **form.validated_data, by=request.user)).data, status=202)


class EmailViewSet(InsightActions, LanguageActions, ContentActions):
    queryset = MarketingEmail.objects.all()
    serializer_class = EmailSerializer
    answer_serializer_class = EmailSerializer
    filterset_class = EmailFilter

    @extend_schema(request=None, responses={200: EmailSerializer})
    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer, url_path="make-ready")
    def make_ready(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(emails.make_ready, request)

    @extend_schema(request=TestSerializer, responses={202: SentSerializer})
    @action(detail=True, methods=["post"], serializer_class=TestSerializer, url_path="test-send")
    def test_send(self, request: Request, pk: str | None = None) -> Response:
        return self.tested(request, emails.send_test)

    @extend_schema(responses={200: ProblemSerializer(many=True)})
    @action(
        detail=True, methods=["get"], serializer_class=ProblemSerializer, pagination_class=None, filterset_class=None
    )
    def check(self, request: Request, pk: str | None = None) -> Response:
        """What a send would stumble over; `is_error` forbids it."""
        return Response([problem.as_json() for problem in emails.problems_of(self.get_object())])

    @extend_schema(responses={200: PreviewSerializer})
    @action(detail=True, methods=["get"], serializer_class=PreviewSerializer)
    def preview(self, request: Request, pk: str | None = None) -> Response:
        """As `?contact=` would read the draft."""
        email = self.get_object()
        wanted = request.query_params.get("contact", "")
        contact = None
        if wanted:
            contact = Contact.objects.visible_to(request.user).filter(pk=wanted if wanted.isdigit() else 0).first()
            if contact is None:
                raise Invalid("This contact does not exist.", field="contact")
        content = emails.draft_content(email)
        read = preview(content, contact, emails.sample_values(content), purpose=email.purpose)
        return Response(asdict(read))


class TextSerializer(serializers.ModelSerializer):
    characters = serializers.SerializerMethodField()
    segments = serializers.SerializerMethodField()

    class Meta:
        model = TextMessage
        fields = [
            "id", "name", "text", "sender", "purpose", "topic", "campaign", "ready_version", "characters", "segments",
            "owner", "version", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["ready_version", "version"]

    def validate_purpose(self, key: str) -> str:
        return sendable(key)

    def get_characters(self, message: TextMessage) -> int:
        return texts.length_of(message.text).characters

    def get_segments(self, message: TextMessage) -> int:
        return texts.length_of(message.text).segments

    def create(self, validated_data: dict[str, Any]) -> TextMessage:
        by = validated_data.pop("created_by")
        return texts.save_text(TextMessage(**validated_data), by=by)

    def update(self, instance: TextMessage, validated_data: dict[str, Any]) -> TextMessage:
        validated_data.pop("version", None)
        for name, value in validated_data.items():
            setattr(instance, name, value)
        return texts.save_text(instance, by=self.context["request"].user)


class TextViewSet(ContentActions):
    queryset = TextMessage.objects.all()
    serializer_class = TextSerializer
    answer_serializer_class = TextSerializer
    filterset_class = TextFilter

    @extend_schema(request=TestSerializer, responses={202: SentSerializer})
    @action(detail=True, methods=["post"], serializer_class=TestSerializer, url_path="test-send")
    def test_send(self, request: Request, pk: str | None = None) -> Response:
        return self.tested(request, texts.send_test)
