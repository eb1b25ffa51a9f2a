"""/api/v1/transactional-emails/: a published email to one person, asked for by a program with a key that makes twice once."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import parsers, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.scopes import beyond_scope
from crm.access.see import must_be_able_to_add
from crm.api.fields import SeenField
from crm.api.pagination import ByKey
from crm.api.views import ReadViewSet
from crm.models import Contact, Message, Sender
from marketing.actions.transactional import Asked, asked_before, digest_of, send_transactional
from marketing.filters import TransactionalEmailFilter
from marketing.models import MarketingEmail, TransactionalEmail
from marketing.queries.transactional import with_happenings

KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="A text of your own for this one mail, at most 100 characters. The same key with the same body answers what it "
    "answered the first time, for ever; with another body it is refused with 409.",
)
EXAMPLE = OpenApiExample(
    "An order",
    {
        "email": "order-confirmation",
        "address": "asha@customer.example",
        "first_name": "Asha",
        "data": {"order_number": "A-1001", "lines": [{"name": "Pump", "price": "€ 120.00"}]},
    },
    request_only=True,
)


class EmailField(serializers.Field):
    """Its id, or its name for the API, among the emails that the client may see."""

    def to_internal_value(self, data: Any) -> MarketingEmail:
        emails = MarketingEmail.objects.visible_to(beyond_scope(self.context["request"].user))
        said = str(data)
        found = None
        if isinstance(data, int | str) and not isinstance(data, bool) and len(said) <= 60:
            found = emails.filter(**({"pk": said} if said.isascii() and said.isdigit() else {"api_name": said})).first()
        if found is None or not said:
            raise serializers.ValidationError(f"There is no email “{said[:60]}”. Say its id, or its name for the API.")
        return found

    def to_representation(self, value: Any) -> Any:
        return value.pk


class SomebodyField(SeenField):
    """A contact whom the user behind the token may see."""

    def get_queryset(self) -> QuerySet:
        request = self.context.get("request")
        return Contact.objects.visible_to(beyond_scope(request.user)) if request else Contact.objects.none()


class AskedSerializer(serializers.Serializer):
    """To a `contact`, or to an `address`: who has it gets the mail; where nobody has it, a prospect with these names is made.

    `data` are the values for the tokens of the email, `{{ data.order_number }}`; one that is missing, unknown or of another
    kind is refused. `language` and `reply_to` stand instead of the reader's and the sender's. After `expires_at` it is not
    sent any more.
    """

    email = EmailField(help_text="Its id, or its name for the API (“order-confirmation”).")
    contact = SomebodyField(Contact, required=False, allow_null=True)
    address = serializers.EmailField(required=False, allow_blank=True)
    first_name = serializers.CharField(required=False, allow_blank=True, max_length=100)
    last_name = serializers.CharField(required=False, allow_blank=True, max_length=100)
    data = serializers.DictField(required=False)  # type: ignore[assignment]  # a field, which the metaclass takes away
    sender = serializers.PrimaryKeyRelatedField(queryset=Sender.objects.all(), required=False, allow_null=True)
    reply_to = serializers.EmailField(required=False, allow_blank=True)
    language = serializers.RegexField(r"^[A-Za-z]{2}(-[A-Za-z]{2})?\Z", required=False, allow_blank=True)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError(dict.fromkeys(unknown, "There is no such field."))
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("contact")) == bool(attrs.get("address")):
            raise serializers.ValidationError({"address": "Say whom it is to: either a contact or an address."})
        return attrs


class TransactionalEmailSerializer(serializers.ModelSerializer):
    """`status` is due, sent, bounced, failed, not_sent, cancelled or unknown; `reason` says why it did not go out, in words.

    SMTP's acceptance counts as delivered until a bounce comes. `opened_at` and `clicked_at` are the first by a person, as far
    as can be told.
    """

    id = serializers.IntegerField(source="pk", read_only=True)
    email_version = serializers.IntegerField(source="message.content_version", read_only=True)
    contact = serializers.IntegerField(source="message.contact_id", read_only=True, allow_null=True)
    address = serializers.CharField(source="message.address", read_only=True)
    status = serializers.ChoiceField(choices=Message.Status.choices, source="message.status", read_only=True)
    reason = serializers.CharField(source="message.reason", read_only=True)
    expires_at = serializers.DateTimeField(source="message.expires_at", read_only=True, allow_null=True)
    sent_at = serializers.DateTimeField(source="message.sent_at", read_only=True, allow_null=True)
    delivered_at = serializers.DateTimeField(read_only=True, allow_null=True)
    bounced_at = serializers.DateTimeField(read_only=True, allow_null=True)
    opened_at = serializers.DateTimeField(read_only=True, allow_null=True)
    clicked_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = TransactionalEmail
        fields = [
            "id", "key", "email", "email_version", "contact", "address", "status", "reason", "created_at", "expires_at",
            "sent_at", "delivered_at", "bounced_at", "opened_at", "clicked_at",
        ]  # fmt: skip
        read_only_fields = fields


class ByMessage(ByKey):
    """The newest first; their key is that of their message."""

    ordering = "-message_id"


class TransactionalEmailViewSet(ReadViewSet):
    """Emails that programs asked for, one by one: those of this client's user, and of others as far as their role reaches."""

    queryset = TransactionalEmail.objects.all()
    serializer_class = TransactionalEmailSerializer
    filterset_class = TransactionalEmailFilter
    parser_classes = [parsers.JSONParser]
    pagination_class = ByMessage
    keeps_answers = False

    def get_queryset(self) -> QuerySet:
        return with_happenings(super().get_queryset())

    @extend_schema(
        parameters=[KEY],
        request=AskedSerializer,
        responses={
            202: TransactionalEmailSerializer,
            400: OpenApiResponse(description="Something is missing or unknown: each with its path."),
            409: OpenApiResponse(
                description="The key was used for another request, or the email cannot be sent by API."
            ),
        },
        examples=[EXAMPLE],
    )
    def create(self, request: Request) -> Response:
        """Send one. It goes before whatever is sent to many. Where it will not go out, `reason` says why at once."""
        user: Any = request.user
        must_be_able_to_add(user, TransactionalEmail)
        key, digest = request.headers.get("Idempotency-Key", ""), digest_of(request.data)
        made = asked_before(key, digest, by=user)
        if made is None:
            form = AskedSerializer(data=request.data, context=self.get_serializer_context())
            form.is_valid(raise_exception=True)
            made = send_transactional(Asked(**form.validated_data), key=key, digest=digest, by=user)
        return self.answer(with_happenings(TransactionalEmail.objects.filter(pk=made.pk)).get(), 202)
