"""/api/v1/contacts/ and their timelines."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.actions.privacy import forget_person
from crm.api.alike import AsksFirst
from crm.api.consent import AddressStandingSerializer, AnswerSerializer, ConsentSerializer, write_down
from crm.api.custom import CustomMixin
from crm.api.fields import SeenField
from crm.api.filtering import OF_ITS_KIND
from crm.api.merging import MergeMixin
from crm.api.records import ActivationMixin, KindViewSet
from crm.delivery.channels import way
from crm.errors import Forbidden, Invalid
from crm.models import Account, Contact, Erasure
from crm.privacy.export import export_person
from crm.queries.consent import standing_of
from crm.queries.happenings import Happening
from crm.queries.timeline import timeline_of


class ContactSerializer(CustomMixin, serializers.ModelSerializer):
    account = SeenField(Account, required=False, allow_null=True)

    class Meta:
        model = Contact
        fields = [
            "id", "first_name", "last_name", "account", "company_name", "job_title", "department", "email", "phone",
            "mobile", "do_not_email", "do_not_sms", "do_not_phone", "street", "postal_code", "city", "region", "country", "language", "time_zone", "description",
            "origin", "custom", "is_prospect", "is_active", "last_active_at", "owner", "team", "version", "created_at",
            "updated_at",
        ]  # fmt: skip
        read_only_fields = ["version", "last_active_at"]


class HappeningSerializer(serializers.Serializer):
    """One line of the timeline; `times` counts like things of one day."""

    at = serializers.DateTimeField()
    title = serializers.CharField()
    about = serializers.CharField()
    body = serializers.CharField()
    facts = serializers.ListField(child=serializers.CharField())
    times = serializers.IntegerField()
    by = serializers.SerializerMethodField()
    activity = serializers.SerializerMethodField()
    is_behaviour = serializers.BooleanField()
    is_machine = serializers.BooleanField()

    def get_by(self, row: Happening) -> int | None:
        return row.actor.pk if row.actor else None

    def get_activity(self, row: Happening) -> int | None:
        return row.activity.pk if row.activity else None


class TimelineSerializer(serializers.Serializer):
    open = HappeningSerializer(many=True)
    happenings = HappeningSerializer(many=True)
    before = serializers.CharField(help_text="Give it back as ?before= to read on; empty at the end.")


class ForgetSerializer(serializers.Serializer):
    mode = serializers.ChoiceField(choices=Erasure.Mode.choices)
    reason = serializers.CharField(max_length=300)


class ErasureSerializer(serializers.ModelSerializer):
    """The proof: rows by kind of data, and those that stay readable."""

    class Meta:
        model = Erasure
        fields = ["id", "mode", "reason", "counts", "kept", "at"]


class ContactViewSet(AsksFirst, MergeMixin, ActivationMixin, KindViewSet):
    """People: one person, one record."""

    duplicate_kind = "crm.contact"
    filterset_class = OF_ITS_KIND
    queryset = Contact.objects.all()
    serializer_class = ContactSerializer
    answer_serializer_class = ContactSerializer

    @extend_schema(parameters=[OpenApiParameter("before", str)], responses=TimelineSerializer)
    @action(detail=True, methods=["get"], filterset_class=None, pagination_class=None)
    def timeline(self, request: Request, pk: str | None = None) -> Response:
        """Activities and interactions, newest first."""
        user: Any = request.user
        page = timeline_of(self.get_object(), user, before=request.query_params.get("before", ""))
        return Response(TimelineSerializer(page).data)

    @extend_schema(responses=AddressStandingSerializer(many=True))
    @action(detail=True, methods=["get"], filterset_class=None, pagination_class=None)
    def consent(self, request: Request, pk: str | None = None) -> Response:
        """For each of her addresses and each purpose: may we write, and who said what last."""
        return Response(AddressStandingSerializer(standing_of(self.get_object()), many=True).data)

    @extend_schema(request=AnswerSerializer, responses={201: ConsentSerializer})
    @action(detail=True, methods=["post"], url_path="record-consent", serializer_class=AnswerSerializer)
    def record_consent(self, request: Request, pk: str | None = None) -> Response:
        """A yes or a no of this person: one more line of the ledger of one of her addresses."""
        contact = self.get_object()
        user: Any = request.user
        if not user.may("crm.consent", "add"):
            raise Forbidden("Your role does not let you record consent.")
        self.must_be_editable(contact)
        form = AnswerSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        channel = form.validated_data["channel"]
        value = getattr(contact, way(channel).address)
        if not value:
            raise Invalid(way(channel).none, field="channel")
        made = write_down(value, form.validated_data, by=user)
        return Response(ConsentSerializer(made).data, status=201)

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], url_path="personal-data", filterset_class=None, pagination_class=None)
    def personal_data(self, request: Request, pk: str | None = None) -> FileResponse:
        """Everything that is known about her, as a ZIP file."""
        contact = self._answerable(request, "view")
        return FileResponse(export_person(contact), filename=f"person-{contact.pk}.zip", content_type="application/zip")

    @extend_schema(responses=ErasureSerializer)
    @action(detail=True, methods=["post"], serializer_class=ForgetSerializer)
    def forget(self, request: Request, pk: str | None = None) -> Response:
        """Anonymise or erase her. It cannot be undone."""
        contact = self._answerable(request, "delete")
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        user: Any = request.user
        return Response(ErasureSerializer(forget_person(contact, **form.validated_data, by=user)).data)

    def _answerable(self, request: Request, verb: str) -> Contact:
        """404 for whom one does not see, 403 where one's role does not answer privacy requests."""
        contact: Contact = self.get_object()
        user: Any = request.user
        if not user.may("crm.privacy", verb):
            raise Forbidden("Your role does not let you answer privacy requests. Ask an administrator.")
        return contact
