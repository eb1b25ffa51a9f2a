"""/api/v1/activities/: logging and planning go through the same action as on the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.see import must_be_able_to_at_all
from crm.actions.activities import book_appointment, cancel_activity, complete_activity, log_activity
from crm.actions.attendees import add_attendee
from crm.actions.calendar_answers import read_answer
from crm.actions.meeting_mails import Guest
from crm.actions.series import book_series, cancel_following, change_following, end_series, log_series, repeat_activity
from crm.api.fields import SeenField
from crm.api.filtering import OF_ITS_KIND
from crm.api.records import KindViewSet
from crm.api.series import FollowingSerializer, RepeatSerializer, repeat_of
from crm.models import Account, Activity, Attendee, Contact, Message, User
from crm.queries.named import record_named


class AttendeeSerializer(serializers.ModelSerializer):
    """Who takes part: a contact or a user, and their answer (waiting, accepted, tentative, declined)."""

    class Meta:
        model = Attendee
        fields = ["id", "contact", "user", "is_required", "answer", "answered_at"]
        read_only_fields = ["answer", "answered_at"]


class GuestSerializer(serializers.Serializer):
    """One more who takes part: exactly one of `contact` and `user`."""

    contact = SeenField(Contact, required=False, allow_null=True)
    user = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.filter(is_active=True), required=False, allow_null=True
    )
    is_required = serializers.BooleanField(required=False, default=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("contact")) == bool(attrs.get("user")):
            raise serializers.ValidationError({"contact": "Name a contact or a user."})
        return attrs


class MailSerializer(serializers.Serializer):
    """`raw` is the mail as it came (RFC 5322)."""

    raw = serializers.CharField(max_length=2_000_000)


class ActivitySerializer(serializers.ModelSerializer):
    """`regarding` names the record it is about (“sales.lead:5”). An appointment with `invite` mails the guest."""

    contact = SeenField(Contact, required=False, allow_null=True)
    account = SeenField(Account, required=False, allow_null=True)
    regarding = serializers.CharField(required=False, allow_blank=True)
    invite = serializers.BooleanField(write_only=True, required=False, default=False)
    attendees = AttendeeSerializer(many=True, read_only=True)
    repeat = RepeatSerializer(write_only=True, required=False, allow_null=True)
    rule = serializers.CharField(
        source="series.rule", read_only=True, default="", help_text="How it repeats: an RRULE."
    )

    class Meta:
        model = Activity
        fields = [
            "id", "kind", "status", "subject", "body", "direction", "outcome", "location", "due_at", "ends_at", "done_at",
            "priority", "reminder", "attendees", "contact", "account", "regarding", "invite", "repeat", "series", "rule",
            "recurs_at", "owner", "version", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["status", "done_at", "series", "recurs_at", "version"]

    def to_representation(self, instance: Activity) -> dict[str, Any]:
        named = (
            f"{instance.regarding_type.app_label}.{instance.regarding_type.model}" if instance.regarding_type else ""
        )
        shown: dict[str, Any] = super().to_representation(instance)
        return {**shown, "regarding": f"{named}:{instance.regarding_id}" if named else ""}

    def validate_regarding(self, label: str) -> Any:
        try:
            return record_named(label, self.context["request"].user)
        except Http404:
            raise serializers.ValidationError(f"“{label}” names no record that you can see.") from None

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("kind") == "appointment" and not (attrs.get("due_at") and attrs.get("ends_at")):
            raise serializers.ValidationError({"due_at": "An appointment needs due_at (its start) and ends_at."})
        return attrs


def _answering_the_first(act: Callable[..., int]) -> Callable[..., Activity]:
    """What is done with this one and those that follow, answering this one."""

    def acted(activity: Activity, *, by: User, **facts: Any) -> Activity:
        act(activity, by=by, **facts)
        activity.refresh_from_db()
        return activity

    return acted


class CompleteSerializer(serializers.Serializer):
    outcome = serializers.CharField(required=False, allow_blank=True, max_length=100)


class ActivityViewSet(KindViewSet):
    """Tasks, calls, appointments, emails and notes."""

    queryset = Activity.objects.select_related("regarding_type", "series").prefetch_related("attendees")
    filterset_class = OF_ITS_KIND
    serializer_class = ActivitySerializer

    def perform_create(self, form: Any) -> Any:
        facts = dict(form.validated_data)
        user: Any = self.request.user
        invite, repeat = facts.pop("invite", False), facts.pop("repeat", None)
        if facts["kind"] != "appointment":
            return log_series(repeat_of(repeat), by=user, **facts) if repeat else log_activity(by=user, **facts)
        for name in ("kind", "account", "direction", "outcome"):
            facts.pop(name, None)
        facts |= {"starts_at": facts.pop("due_at"), "invite": invite}
        return book_series(repeat_of(repeat), by=user, **facts) if repeat else book_appointment(by=user, **facts)

    def perform_update(self, form: Any) -> Any:
        for name in ("invite", "regarding", "kind", "repeat"):
            form.validated_data.pop(name, None)
        updated: Activity = super().perform_update(form)
        return updated

    @action(detail=True, methods=["post"], serializer_class=CompleteSerializer)
    def complete(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(complete_activity, request)

    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def cancel(self, request: Request, pk: str | None = None) -> Response:
        return self.acted(cancel_activity, request)

    @action(detail=True, methods=["post"], serializer_class=RepeatSerializer)
    def repeat(self, request: Request, pk: str | None = None) -> Response:
        """It is the first of a series; who was invited to it is invited to all of it."""

        def begin(activity: Activity, *, by: User, **facts: Any) -> Activity:
            repeat_activity(activity, repeat_of(facts), by=by)
            activity.refresh_from_db()
            return activity

        return self.acted(begin, request)

    @action(detail=True, methods=["post"], serializer_class=FollowingSerializer)
    def following(self, request: Request, pk: str | None = None) -> Response:
        """Change this one and all open ones after it; invited guests get one mail."""
        return self.acted(_answering_the_first(change_following), request)

    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer, url_path="stop-repeating")
    def stop_repeating(self, request: Request, pk: str | None = None) -> Response:
        """This one stays; the open ones after it are cancelled."""
        return self.acted(_answering_the_first(end_series), request)

    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer, url_path="cancel-following")
    def cancel_following(self, request: Request, pk: str | None = None) -> Response:
        """This one and the open ones after it are cancelled."""
        return self.acted(_answering_the_first(cancel_following), request)

    @action(detail=True, methods=["post"], serializer_class=GuestSerializer)
    def attendees(self, request: Request, pk: str | None = None) -> Response:
        """Add somebody who takes part; where the others were invited, they are mailed an invitation."""

        def add(activity: Activity, *, by: User, **guest: Any) -> Activity:
            return add_attendee(activity, Guest(**guest), by=by).activity

        return self.acted(add, request)

    @action(detail=False, methods=["post"], serializer_class=MailSerializer, url_path="read-mail")
    def read_mail(self, request: Request) -> Response:
        """Take the answer to an invitation out of a raw mail; `said` tells what was taken, or why it was ignored.

        For whoever may change messages: the mailbox that hands mails over, not somebody who writes one up.
        """
        must_be_able_to_at_all(request.user, "change", Message)
        form = MailSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        reading = read_answer(form.validated_data["raw"].encode())
        return Response({"said": reading.said, "is_taken": reading.attendee is not None})

    answer_serializer_class = ActivitySerializer
