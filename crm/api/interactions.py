"""/api/v1/interactions/: the log is read here, and takes custom triggers."""

from __future__ import annotations

from typing import Any

from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.depths import Depth, depth_of
from crm.api.fields import SeenField
from crm.api.views import ReadViewSet
from crm.errors import Forbidden
from crm.filters import InteractionFilter
from crm.log.recording import entry, record_many
from crm.models import Campaign, Contact, Interaction

TRIGGER = "trigger.received"


class InteractionSerializer(serializers.ModelSerializer):
    class Meta:
        model = Interaction
        fields = [
            "id", "kind", "contact", "account", "campaign", "source_type", "source_id", "message", "actor", "data",
            "occurred_at", "key", "verdict",
        ]  # fmt: skip


class TriggerSerializer(serializers.Serializer):
    """A custom trigger: something that happened to a contact elsewhere. The same `key` twice is one."""

    contact = SeenField(Contact)
    name = serializers.CharField(
        max_length=100, help_text="What happened, e.g. “trial-started”; journeys can wait for it."
    )
    data = serializers.DictField(required=False, default=dict)  # type: ignore[assignment]
    campaign = SeenField(Campaign, required=False, allow_null=True)
    occurred_at = serializers.DateTimeField(required=False)
    key = serializers.CharField(max_length=100, required=False, allow_blank=True)


class InteractionViewSet(mixins.CreateModelMixin, ReadViewSet):
    """What people did and what happened to them; newest first."""

    resource = "crm.contact"
    queryset = Interaction.objects.all()
    serializer_class = InteractionSerializer
    filterset_class = InteractionFilter

    def get_queryset(self) -> Any:
        """The log of the contacts and accounts that the client may see."""
        user: Any = self.request.user
        rows = Interaction.objects.all()
        if depth_of(user, "crm.contact", "view") < Depth.ALL:
            rows = rows.filter(contact__in=Contact.objects.visible_to(user))
        return rows

    def get_serializer_class(self) -> Any:
        return TriggerSerializer if self.action == "create" else InteractionSerializer

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write a custom trigger. Other kinds are written by Tandem itself."""
        user: Any = request.user
        if not user.may("crm.contact", "change"):
            raise Forbidden("Your role does not let you write what happened to contacts.")
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        facts = form.validated_data
        key = f"trigger:{facts['key']}" if facts.get("key") else None
        row = entry(
            TRIGGER, contact=facts["contact"], campaign=facts.get("campaign"), by=user, key=key,
            data={**facts["data"], "title": facts["name"]}, occurred_at=facts.get("occurred_at"),
        )  # fmt: skip
        record_many([row])
        written = Interaction.objects.get(key=key) if key else row
        return Response(InteractionSerializer(written).data, status=201)
