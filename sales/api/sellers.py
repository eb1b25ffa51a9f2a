"""/api/v1/sellers/ and /api/v1/absences/: when people take leads, how many, and on which days they are away."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import ReadViewSet
from crm.errors import Forbidden
from crm.models import Team, User
from sales.actions.sellers import add_absence, remove_absence, set_hours
from sales.models import Absence, Seller
from sales.models.sellers import check_weekdays
from sales.queries.sellers import rows_of, sellers, within


class HoursSerializer(serializers.Serializer):
    """`days` from 0 (Monday) to 6, in the person's own time zone; none: at any time. `capacity`: the most open leads, null for
    no limit; only for whoever manages them. What is not named stays as it is.
    """

    days = serializers.ListField(child=serializers.IntegerField(), required=False, validators=[check_weekdays])
    works_from = serializers.TimeField(required=False)
    works_to = serializers.TimeField(required=False)
    capacity = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=100_000)


class SellerSerializer(serializers.Serializer):
    """`id` is the user's. `state` says in words whether they take a lead now; `is_available` says it to a program."""

    id = serializers.IntegerField(source="user.pk")
    name = serializers.CharField(source="user.name")
    team: Any = serializers.PrimaryKeyRelatedField(source="user.team", read_only=True)
    time_zone = serializers.CharField(source="user.time_zone")
    days = serializers.SerializerMethodField()
    works_from = serializers.TimeField(source="person.hours.begin")
    works_to = serializers.TimeField(source="person.hours.end")
    capacity = serializers.IntegerField(source="person.capacity", allow_null=True)
    open_leads = serializers.IntegerField(source="person.open")
    is_available = serializers.SerializerMethodField()
    state = serializers.CharField()

    def get_days(self, row: Any) -> list[int]:
        return sorted(row.person.hours.days)

    def get_is_available(self, row: Any) -> bool:
        return row.person.state(timezone.now()) is None


class AbsenceSerializer(serializers.ModelSerializer):
    """Whole days, the first and the last of them included. Without `user` it is one's own."""

    user: Any = serializers.PrimaryKeyRelatedField(queryset=User.objects.filter(is_active=True), required=False)

    class Meta:
        model = Absence
        fields = ["id", "user", "first_day", "last_day", "note"]


class SellerFilter(filters.FilterSet):
    team = filters.ModelChoiceFilter(queryset=Team.objects.all())

    class Meta:
        model = User
        fields = ["team"]


class AbsenceFilter(filters.FilterSet):
    user = filters.NumberFilter()
    on = filters.DateFilter(method="on_day", label="On this day")
    ends_from = filters.DateFilter("last_day", "gte")

    def on_day(self, rows: Any, name: str, day: Any) -> Any:
        return rows.filter(first_day__lte=day, last_day__gte=day)

    class Meta:
        model = Absence
        fields = ["user", "on", "ends_from"]


def _within_scope(user: User, verb: str) -> bool:
    """A token that is cut down to some resources reaches not even one's own hours."""
    return user.scope is None or user.scope.allows("sales.seller", verb)


def _people(user: User, verb: str) -> Any:
    """Whose hours the user may see or change: those they manage, and their own."""
    rows = User.objects.filter(is_active=True)
    own = Q(pk=user.pk) if _within_scope(user, verb) else Q(pk__in=())
    return rows.filter(own | Q(pk__in=within(rows, user, verb).order_by().values("pk")))


def _must_be_of(user: User, person: User) -> None:
    if not _people(user, "change").filter(pk=person.pk).exists():
        raise Forbidden(f"You do not say when {person} works.")


class SellerViewSet(ReadViewSet):
    """Those who take leads, as far as you see when they work; and yourself. PATCH changes what is named."""

    queryset = User.objects.select_related("team").order_by("name", "pk")
    serializer_class = SellerSerializer
    filterset_class = SellerFilter
    resource = "sales.seller"

    def get_queryset(self) -> Any:
        user: Any = self.request.user
        seen = sellers(user).order_by().values("pk")
        own = Q(pk=user.pk) if _within_scope(user, "view") else Q(pk__in=())
        return self.queryset.filter(own | Q(pk__in=seen), is_active=True)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        rows = rows_of(page or [], timezone.now())
        return self.get_paginated_response(SellerSerializer(rows, many=True).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._told(self.get_object())

    @extend_schema(request=HoursSerializer, responses=SellerSerializer)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        user: Any = request.user
        person = self.get_object()
        _must_be_of(user, person)
        form = HoursSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        facts = form.validated_data
        if "capacity" in facts and not within(User.objects.filter(pk=person.pk), user, "change").exists():
            raise Forbidden("How many leads somebody takes is for their manager to say.")
        held = Seller.objects.filter(user=person).first() or Seller(user=person)
        week = {name: getattr(held, name) for name in ("days", "works_from", "works_to")}
        set_hours(person, **{**week, **facts}, by=user)
        return self._told(person)

    def _told(self, person: User) -> Response:
        return Response(SellerSerializer(rows_of([person], timezone.now())[0]).data)


class AbsenceViewSet(mixins.DestroyModelMixin, ReadViewSet):
    """Your own, and those of the people whose hours you see. It is changed by taking it away and noting another."""

    queryset = Absence.objects.select_related("user").order_by("first_day", "pk")
    serializer_class = AbsenceSerializer
    filterset_class = AbsenceFilter
    resource = "sales.seller"

    def get_queryset(self) -> Any:
        user: Any = self.request.user
        return self.queryset.filter(user__in=_people(user, "view").order_by().values("pk"))

    def create(self, request: Request) -> Response:
        user: Any = request.user
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        facts = dict(form.validated_data)
        person = facts.pop("user", user)
        if not _people(user, "view").filter(pk=person.pk).exists():
            raise serializers.ValidationError({"user": f"There is no seller {person.pk} that you can see."})
        _must_be_of(user, person)
        return self.answer(add_absence(person, **facts, by=user), 201)

    def perform_destroy(self, instance: Absence) -> None:
        user: Any = self.request.user
        _must_be_of(user, instance.user)
        remove_absence(instance, by=user)
