"""/api/v1/brands/, reusable-blocks/ and pictures/: what emails are made with, by the same actions as in the admin."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import parsers, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.see import must_be_able_to_add
from crm.api.fields import SeenField
from crm.api.views import RecordViewSet
from marketing.actions.content_blocks import create_content_block, edit_kept, remove_kept, save_brand
from marketing.actions.media import add_picture, remove_picture
from marketing.blocks.parsing import as_stored, parse_blocks
from marketing.filters import BrandFilter, ContentBlockFilter, PictureFilter
from marketing.models import Brand, ContentBlock, MediaFile
from marketing.queries.uses import uses_of


class UseSerializer(serializers.Serializer):
    """`kind` is marketing.marketingemail, .contentblock, .emaildesign or .brand."""

    kind = serializers.CharField()
    id = serializers.IntegerField()
    name = serializers.CharField()


class WithUses(RecordViewSet):
    """A thing that others hold."""

    @extend_schema(responses={200: UseSerializer(many=True)})
    @action(detail=True, methods=["get"], serializer_class=UseSerializer, pagination_class=None, filterset_class=None)
    def uses(self, request: Request, pk: str | None = None) -> Response:
        """Where it is used, among what you may see; at most a hundred of each kind."""
        return Response([asdict(use) for use in uses_of(self.get_object(), request.user)])


class BrandSerializer(serializers.ModelSerializer):
    """Colours are # and six digits or letters; of several defaults the last one made so is it."""

    logo = SeenField(MediaFile, required=False, allow_null=True)

    class Meta:
        model = Brand
        fields = [
            "id", "name", "is_default", "accent", "on_accent", "ink", "soft", "paper", "ground", "line", "font",
            "heading_font", "radius", "logo", "logo_width", "website", "postal_address", "footer", "social", "owner",
            "version", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["version"]
        extra_kwargs: dict[str, Any] = {"is_default": {"validators": []}}
        validators: list[Any] = []


class BrandViewSet(WithUses):
    queryset = Brand.objects.select_related("logo")
    serializer_class = BrandSerializer
    filterset_class = BrandFilter

    def perform_create(self, form: Any) -> Any:
        user: Any = self.request.user
        return save_brand(Brand(**form.validated_data), by=user)

    def perform_update(self, form: Any) -> Any:
        user: Any = self.request.user
        brand: Brand = form.instance
        for name, value in form.validated_data.items():
            setattr(brand, name, value)
        brand.version += 1
        return save_brand(brand, by=user)


class ContentBlockSerializer(serializers.ModelSerializer):
    """`blocks` as in an email, without sections and other reusable blocks. Drafts that hold it by reference follow."""

    blocks = serializers.JSONField()

    class Meta:
        model = ContentBlock
        fields = ["id", "name", "blocks", "owner", "version", "created_at", "updated_at"]
        read_only_fields = ["owner", "version"]

    def validate_blocks(self, blocks: Any) -> Any:
        return as_stored(parse_blocks(blocks, is_part=True))


class ContentBlockViewSet(WithUses):
    queryset = ContentBlock.objects.all()
    serializer_class = ContentBlockSerializer
    filterset_class = ContentBlockFilter

    def perform_create(self, form: Any) -> Any:
        user: Any = self.request.user
        return create_content_block(**form.validated_data, by=user)

    def perform_update(self, form: Any) -> Any:
        user: Any = self.request.user
        return edit_kept(form.instance, **form.validated_data, by=user)

    def perform_destroy(self, record: Any) -> None:
        """409 where an email or a template holds it by reference."""
        remove_kept(record, by=self.request.user)  # type: ignore[arg-type]


class UploadSerializer(serializers.Serializer):
    """PNG, JPEG, GIF or WebP of at most 10 MB and 50 million pixels; what is wider than 1,280 pixels is made smaller."""

    file = serializers.FileField(allow_empty_file=True)
    alt = serializers.CharField(required=False, allow_blank=True, max_length=300, default="")


class PictureSerializer(serializers.ModelSerializer):
    """`path` is what an image block takes as `src`; `url` shows it to everybody."""

    path = serializers.CharField(read_only=True)
    url = serializers.CharField(read_only=True)

    class Meta:
        model = MediaFile
        fields = [
            "id", "name", "alt", "path", "url", "media_type", "width", "height", "size", "owner", "version", "created_at",
            "updated_at",
        ]  # fmt: skip
        read_only_fields = ["media_type", "width", "height", "size", "owner", "version"]


class PictureViewSet(WithUses):
    """The library of pictures. One comes in as multipart/form-data; the same picture twice is once."""

    queryset = MediaFile.objects.all()
    serializer_class = PictureSerializer
    filterset_class = PictureFilter

    def get_parsers(self) -> list[Any]:
        """A new one comes in as an upload; its words are changed as JSON."""
        is_upload = self.request is None or self.request.method == "POST"
        return [parsers.MultiPartParser()] if is_upload else super().get_parsers()

    @extend_schema(request={"multipart/form-data": UploadSerializer}, responses={201: PictureSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        must_be_able_to_add(request.user, MediaFile)
        form = UploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        user: Any = request.user
        return self.answer(add_picture(form.validated_data["file"], alt=form.validated_data["alt"], by=user), 201)

    def perform_destroy(self, record: Any) -> None:
        """For good, with its bytes; 409 where something uses it."""
        remove_picture(record, by=self.request.user)  # type: ignore[arg-type]
