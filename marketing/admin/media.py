"""The media library: pictures as cards, uploads, where each is used; and the same as JSON for the picker of the designer."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from crm.admin.base import RecordAdmin
from crm.errors import CrmError, Invalid
from marketing.actions.media import LARGEST, add_picture, remove_picture, uses_of_picture
from marketing.admin.designer import refused
from marketing.models import MediaFile

PER_PAGE = 24


@admin.register(MediaFile)
class MediaFileAdmin(RecordAdmin):
    fields = ("name", "alt", "owner", "team")
    actions = None
    change_form_template = "admin/marketing/mediafile/change_form.html"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # by our own button, which asks who uses it

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # by an upload

    def may_add(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("pick/", view(self.pick), name="marketing_mediafile_pick"),
            path("upload/", view(require_POST(self.upload)), name="marketing_mediafile_upload"),
            path("<int:pk>/remove/", view(require_POST(self.remove)), name="marketing_mediafile_remove"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)
        words = request.GET.get("q", "").strip()
        page = Paginator(self._found(request, words), PER_PAGE).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request), "title": "Pictures", "page": page, "words": words,
            "may_add": self.may_add(request), "largest": LARGEST,
        }  # fmt: skip
        return render(request, "admin/marketing/mediafile/library.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        media = self.get_object(request, object_id)
        more = {"media": media, "uses": uses_of_picture(media)} if media else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def pick(self, request: HttpRequest) -> JsonResponse:
        """For the picker: a page of pictures, the newest first."""
        page = Paginator(self._found(request, request.GET.get("q", "").strip()), PER_PAGE).get_page(
            request.GET.get("page")
        )
        return JsonResponse(
            {"pictures": [as_json(one) for one in page], "next": page.next_page_number() if page.has_next() else None}
        )

    def upload(self, request: HttpRequest) -> HttpResponse:
        """From the library's page, or from the picker, which wants JSON."""
        wants_json = "json" in request.headers.get("Accept", "")
        try:
            file = request.FILES.get("file")
            if file is None:
                raise Invalid("Choose a picture.", field="file")
            media = add_picture(file, alt=request.POST.get("alt", "").strip(), by=request.user)  # type: ignore[arg-type]
        except CrmError as problem:
            if wants_json:
                return refused(problem)
            messages.error(request, problem.message)
            return HttpResponseRedirect(reverse("admin:marketing_mediafile_changelist"))
        if wants_json:
            return JsonResponse(as_json(media), status=201)
        messages.success(request, f"“{media}” is in the library: {media.width} × {media.height} pixels.")
        return HttpResponseRedirect(reverse("admin:marketing_mediafile_change", args=[media.pk]))

    def remove(self, request: HttpRequest, pk: int) -> HttpResponse:
        media = self.get_queryset(request).filter(pk=pk).first()
        if media is None:
            return HttpResponseRedirect(reverse("admin:marketing_mediafile_changelist"))
        try:
            remove_picture(media, by=request.user)  # type: ignore[arg-type]
        except CrmError as problem:
            messages.error(request, problem.message)
            return HttpResponseRedirect(reverse("admin:marketing_mediafile_change", args=[pk]))
        messages.success(request, f"“{media}” is gone.")
        return HttpResponseRedirect(reverse("admin:marketing_mediafile_changelist"))

    def _found(self, request: HttpRequest, words: str) -> Any:
        rows = MediaFile.objects.visible_to(request.user)
        return (rows.filter(name__icontains=words) | rows.filter(alt__icontains=words)) if words else rows


def as_json(media: MediaFile) -> dict[str, Any]:
    return {
        "id": media.pk, "src": media.path, "name": media.name, "alt": media.alt, "width": media.width, "height": media.height,
    }  # fmt: skip
