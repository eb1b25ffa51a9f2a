"""The languages of an email: /api/v1/emails/7/languages/ and …/languages/de/."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import RecordViewSet, must_match
from crm.errors import Invalid
from marketing.actions.emails import edit_email, translation_of
from marketing.actions.languages import add_language, remove_language
from marketing.blocks.parsing import as_stored, parse_blocks
from marketing.models import EmailTranslation, MarketingEmail


class LanguageSerializer(serializers.ModelSerializer):
    """What the email says to readers of this language; `html` instead of `blocks` where the email brings its own HTML."""

    blocks = serializers.JSONField(required=False)

    class Meta:
        model = EmailTranslation
        fields = ["language", "subject", "preheader", "blocks", "html"]
        read_only_fields = ["language"]

    def validate_blocks(self, blocks: Any) -> Any:
        return as_stored(parse_blocks(blocks))


class NewLanguageSerializer(LanguageSerializer):
    """It begins as a copy of the email; what is said here stands instead."""

    class Meta(LanguageSerializer.Meta):
        read_only_fields: list[str] = []


class LanguageActions(RecordViewSet):
    """A change makes a ready email a draft again, as every edit does; `If-Match` names the version of the email."""

    @extend_schema(responses={200: LanguageSerializer(many=True)}, methods=["get"])
    @extend_schema(request=NewLanguageSerializer, responses={201: LanguageSerializer}, methods=["post"])
    @action(
        detail=True,
        methods=["get", "post"],
        serializer_class=NewLanguageSerializer,
        pagination_class=None,
        filterset_class=None,
    )
    def languages(self, request: Request, pk: str | None = None) -> Response:
        """Those it is written in besides its own; a new one by POST."""
        email: MarketingEmail = self.get_object()
        if request.method == "GET":
            return Response(LanguageSerializer(email.translations.all(), many=True).data)
        form = self._form(email, request)
        language = add_language(email, form.pop("language"), by=request.user).language  # type: ignore[arg-type]
        return self._said(email, language, form, 201)

    @extend_schema(request=LanguageSerializer, responses={200: LanguageSerializer})
    @action(
        detail=True,
        methods=["get", "patch", "delete"],
        url_path=r"languages/(?P<language>[A-Za-z-]{2,5})",
        serializer_class=LanguageSerializer,
    )
    def language(self, request: Request, language: str, pk: str | None = None) -> Response:
        """Read it, change it, or take it away: its readers get the email itself then."""
        email: MarketingEmail = self.get_object()
        code = language.lower()
        if not email.translations.filter(language=code).exists():
            raise Http404
        if request.method == "GET":
            return Response(LanguageSerializer(translation_of(email, code)).data)
        if request.method == "DELETE":
            self.must_be_editable(email)
            must_match(request, email)
            remove_language(email, code, by=request.user)  # type: ignore[arg-type]
            return Response(status=204)
        return self._said(email, code, self._form(email, request, partial=True), 200)

    def _form(self, email: MarketingEmail, request: Request, *, partial: bool = False) -> dict[str, Any]:
        self.must_be_editable(email)
        must_match(request, email)
        form = self.get_serializer(data=request.data, partial=partial)
        form.is_valid(raise_exception=True)
        fields: dict[str, Any] = dict(form.validated_data)
        if "html" in fields and email.kind != MarketingEmail.Kind.HTML:
            raise Invalid("This email is made of blocks.", field="html")
        return fields

    def _said(self, email: MarketingEmail, language: str, fields: dict[str, Any], status: int) -> Response:
        if fields:
            email = edit_email(email, language=language, by=self.request.user, **fields)  # type: ignore[arg-type]
        email.refresh_from_db(fields=["version"])
        body = LanguageSerializer(translation_of(email, language)).data
        return Response(body, status=status, headers={"ETag": f'"{email.version}"'})
