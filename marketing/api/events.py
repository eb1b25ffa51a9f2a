"""Events and registrations over the API."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.see import see_or_404
from crm.actions.contacts import capture_contact
from crm.api.views import ReadViewSet, RecordViewSet
from crm.errors import Invalid
from crm.models import Contact
from marketing.actions.confirmations import check_confirmation
from marketing.actions.events import cancel_event, copy_event, finish_event, free_slug, give_form, publish_event
from marketing.actions.registrations import register_for_event
from marketing.calendars import public_url
from marketing.filters import EventFilter, RegistrationFilter
from marketing.models import Event, EventMaterial, Registration, Speaker


class SpeakerSerializer(serializers.ModelSerializer):
    class Meta:
        model = Speaker
        fields = ["name", "title", "bio", "order"]


class MaterialSerializer(serializers.ModelSerializer):
    class Meta:
        model = EventMaterial
        fields = ["kind", "label", "description", "url", "order"]


class EventSerializer(serializers.ModelSerializer):
    """`speakers` and `materials`, where given, replace those of the event."""

    slug = serializers.SlugField(max_length=80, required=False)
    speakers = SpeakerSerializer(many=True, required=False)
    materials = MaterialSerializer(many=True, required=False)
    public_url = serializers.SerializerMethodField()

    class Meta:
        model = Event
        fields = [
            "id", "kind", "status", "title", "slug", "summary", "description", "starts_at", "ends_at", "time_zone",
            "location", "join_url", "capacity", "campaign", "form", "confirmation_subject", "confirmation_text",
            "speakers", "materials", "public_url", "owner", "version", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["status", "version"]

    def get_public_url(self, event: Event) -> str:
        return public_url(event)

    def validate_slug(self, slug: str) -> str:
        taken = Event.objects.filter(slug=slug).values_list("pk", flat=True).first()
        if taken is not None and taken != getattr(self.instance, "pk", None):
            raise serializers.ValidationError("Another event has this address.")
        return slug

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        starts, ends = (data.get(name, getattr(self.instance, name, None)) for name in ("starts_at", "ends_at"))
        if starts and ends and ends <= starts:
            raise serializers.ValidationError({"ends_at": "An event ends after it starts."})
        texts = {name: data[name] for name in ("confirmation_subject", "confirmation_text") if name in data}
        check_confirmation(Event(title=data.get("title", ""), **texts))
        return data

    def create(self, validated_data: dict[str, Any]) -> Event:
        rows = {name: validated_data.pop(name, []) for name in ("speakers", "materials")}
        validated_data.setdefault("slug", free_slug(Event, validated_data["title"]))
        event = give_form(Event(**validated_data), by=validated_data.get("created_by"))
        event.save()
        self._replace(event, rows)
        return event

    def update(self, instance: Event, validated_data: dict[str, Any]) -> Event:
        names = [name for name in ("speakers", "materials") if name in validated_data]
        rows: dict[str, list[dict[str, Any]]] = {name: validated_data.pop(name) for name in names}
        event = super().update(instance, validated_data)
        self._replace(event, rows)
        return event

    def _replace(self, event: Event, rows: dict[str, list[dict[str, Any]]]) -> None:
        for name, given in rows.items():
            related = getattr(event, name)
            related.all().delete()
            related.model.objects.bulk_create(related.model(event=event, **row) for row in given)


class EventViewSet(RecordViewSet):
    queryset = Event.objects.prefetch_related("speakers", "materials")
    serializer_class = EventSerializer
    answer_serializer_class = EventSerializer
    filterset_class = EventFilter

    @extend_schema(request=None, responses=EventSerializer)
    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def publish(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(publish_event, request)

    @extend_schema(request=None, responses=EventSerializer)
    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def finish(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(finish_event, request)

    @extend_schema(request=None, responses=EventSerializer)
    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def cancel(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(cancel_event, request)

    @extend_schema(request=None, responses={201: EventSerializer})
    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def copy(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(copy_event, request, status=201)


class RegistrationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Registration
        fields = ["id", "event", "contact", "status", "registered_at", "submission"]


class RegisterSerializer(serializers.Serializer):
    """Whom to register: a `contact` by number, or an `email` with what else is known; the person is found or made."""

    event = serializers.IntegerField()
    contact = serializers.IntegerField(required=False)
    email = serializers.EmailField(required=False)
    first_name = serializers.CharField(required=False, max_length=100, default="", allow_blank=True)
    last_name = serializers.CharField(required=False, max_length=100, default="", allow_blank=True)
    company = serializers.CharField(required=False, max_length=200, default="", allow_blank=True)
    phone = serializers.CharField(required=False, max_length=40, default="", allow_blank=True)
    country = serializers.CharField(required=False, max_length=2, default="", allow_blank=True)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if ("contact" in data) == ("email" in data):
            raise serializers.ValidationError({"email": "Give either a contact or an email address."})
        return data


class RegistrationViewSet(mixins.CreateModelMixin, ReadViewSet):
    resource = "marketing.event"
    queryset = Registration.objects.all()
    serializer_class = RegistrationSerializer
    filterset_class = RegistrationFilter

    @extend_schema(request=RegisterSerializer, responses={201: RegistrationSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Register somebody: once per event and person, the confirmation goes out. 409 where the event takes nobody."""
        form = RegisterSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        event = _visible_event(form.validated_data.pop("event"), request)
        event.must_be_editable_by(request.user)  # type: ignore[arg-type]
        with transaction.atomic():
            contact = _person(event, form.validated_data, request)
            registration = register_for_event(event, contact, by=request.user)  # type: ignore[arg-type]
        return self.answer(registration, 201)


def _visible_event(pk: int, request: Request) -> Event:
    event = Event.objects.visible_to(request.user).filter(pk=pk).first()
    if event is None:
        raise Invalid(f"There is no event {pk}, or you may not see it.", field="event")
    return event


def _person(event: Event, given: dict[str, Any], request: Request) -> Contact:
    if "contact" in given:
        return see_or_404(Contact, given["contact"], request.user)
    contact, _is_new = capture_contact(**given, origin=f"Event: {event.title}", by=request.user)  # type: ignore[arg-type]
    return contact
