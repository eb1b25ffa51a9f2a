"""What every resource of the API shares: see (visible_to), act (an action), answer. The rules live in the actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, Serializer
from rest_framework.views import APIView

from crm.access.see import must_be_able_to, must_be_able_to_add, must_be_able_to_at_all
from crm.actions.bin import delete_record, deletion_of, restore_record
from crm.actions.records import OWNERSHIP, change_record
from crm.api import idempotency
from crm.api.custom import changes_of
from crm.errors import Forbidden, Stale
from crm.hooks import records
from crm.models import Deletion, Record


class IdempotentView(APIView):
    """Writes accept an Idempotency-Key."""

    reserved: Any = None
    keeps_answers = True
    """False where what is made knows its key itself, and so for longer than a day."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if "Idempotency-Key" in request.headers and "json" in (request.content_type or ""):
            _ = request._request.body  # read whole before a parser streams it away: the fingerprint needs it
        super().initial(request, *args, **kwargs)
        self.reserved = idempotency.begin(request) if self.keeps_answers else None

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.reserved is not None:
            reserved, self.reserved = self.reserved, None
            if isinstance(response, Response):
                response.add_post_render_callback(lambda rendered: idempotency.finish(reserved, rendered))
            else:
                idempotency.finish(reserved, response)
        return response


class ReadViewSet(IdempotentView, mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet):
    """A resource that is only read here; its commands are POST sub-paths that call `acted`."""

    answer_serializer_class: type[BaseSerializer] | None = None
    """What a command answers with; the viewset's own serializer unless given."""

    def get_queryset(self) -> Any:
        queryset = super().get_queryset()
        return queryset.visible_to(self.request.user) if hasattr(queryset, "visible_to") else queryset

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.answer(self.get_object())

    def answer(self, record: Any, status: int = 200) -> Response:
        """The record as a client sees it, with its version as ETag."""
        serializer_class = self.answer_serializer_class or type(self).serializer_class
        body = serializer_class(record, context=self.get_serializer_context()).data  # type: ignore[misc]
        headers = {"ETag": f'"{record.version}"'} if hasattr(record, "version") else {}
        return Response(body, status=status, headers=headers)

    def acted(self, action: Callable[..., Any], request: Request, *, status: int = 200, **more: Any) -> Response:
        """Run a command on the record of this URL with the validated body, and answer the fresh record.

        404 for what the user does not see, 403 with its sentence for what they may not change.
        """
        record = self.get_object()
        self.must_be_editable(record)
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        return self.answer(action(record, **form.validated_data, **more, by=request.user), status)

    def must_be_editable(self, record: Any) -> None:
        if hasattr(type(record)._default_manager.all(), "reachable_by"):
            must_be_able_to(self.request.user, "change", record)


class RecordViewSet(ReadViewSet, viewsets.ModelViewSet):
    """Create, read, change and delete records; plain fields by the serializer, everything else by an action."""

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        must_be_able_to_add(request.user, self.get_queryset().model)
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        self.must_be_able_to_give_to(form.validated_data.get("owner"))
        return self.answer(self.perform_create(form), 201)

    def must_be_able_to_give_to(self, owner: Any) -> None:
        """Whoever makes a record for somebody else assigns it. Raises Forbidden."""
        if owner is not None and owner != self.request.user:
            must_be_able_to_at_all(self.request.user, "assign", self.get_queryset().model)

    def perform_create(self, form: Any) -> Any:
        """Saves, with the user as creator and, where none is given, as owner. Override to call an action."""
        names = {field.name for field in self.get_queryset().model._meta.get_fields()}
        extra = {"created_by": self.request.user} if "created_by" in names else {}
        if "owner" in names and not form.validated_data.get("owner"):
            extra["owner"] = self.request.user
        return form.save(**extra)

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            record = self.get_object()
            self.must_be_editable(record)
            locked = type(record)._default_manager.select_for_update().get(pk=record.pk)
            must_match(request, locked)
            form = self.get_serializer(locked, data=request.data, partial=kwargs.get("partial", False))
            form.is_valid(raise_exception=True)
            return self.answer(self.perform_update(form))

    def perform_update(self, form: Any) -> Any:
        """A kind of record is changed by its own door, which knows what is locked; what is sent back as it was is no change."""
        if records.known(form.instance._meta.label_lower):
            user: Any = self.request.user
            news = _news(form)
            if any(name in news for name in OWNERSHIP):
                must_be_able_to(user, "assign", form.instance)
            return change_record(form.instance, news, by=user)
        extra = {"version": form.instance.version + 1} if hasattr(form.instance, "version") else {}
        return form.save(**extra)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        record = self.get_object()
        if hasattr(type(record)._default_manager.all(), "reachable_by"):
            must_be_able_to(request.user, "delete", record)
        self.perform_destroy(record)
        return Response(status=204)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], serializer_class=Serializer)
    def restore(self, request: Request, pk: str | None = None) -> Response:
        """Bring a deleted record back from the bin, with all that went there with it."""
        user: Any = request.user
        rows = cast(Any, self).queryset
        if not hasattr(rows, "in_bin_reachable_by"):
            raise Http404
        deletion = deletion_of(get_object_or_404(rows.in_bin_reachable_by(user, "view"), pk=pk))
        if not Deletion.objects.restorable_by(user).filter(pk=deletion.pk).exists():
            raise Forbidden("Your role does not let you restore this record.")
        restored = restore_record(deletion, by=user)
        return self.answer(self.get_queryset().get(pk=restored.pk))

    def perform_destroy(self, record: Any) -> None:
        """Records go to the bin, from where they can be restored."""
        if isinstance(record, Record):
            delete_record(record, by=self.request.user)  # type: ignore[arg-type]
        else:
            record.delete()


def _news(form: Any) -> dict[str, Any]:
    """What differs from the record, by the names of its fields."""
    return {
        name: value
        for name, value in changes_of(form).items()
        if name.startswith("custom.") or getattr(form.instance, name) != value
    }


def must_match(request: Request, record: Any) -> None:
    """`If-Match` names the version the client has read. Raises Stale where somebody saved in between."""
    wanted = request.headers.get("If-Match", "").strip()
    if wanted and wanted != "*" and hasattr(record, "version") and wanted.strip('"') != str(record.version):
        raise Stale(
            f"Somebody else saved this record: it is now version {record.version}. Read it again and repeat your change."
        )
