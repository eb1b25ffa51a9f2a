"""/m/…: the pictures of emails, for whoever has the address. What a key names never changes, so that it is kept for good."""

from __future__ import annotations

from typing import TypeVar

from django.core.signing import BadSignature
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from marketing.blocks.pictures import draw_qr, qr_text
from marketing.models import MediaFile

Response = TypeVar("Response", HttpResponse, FileResponse)
FOR_GOOD = "public, max-age=31536000, immutable"


@require_safe
def picture(request: HttpRequest, key: str, ending: str) -> FileResponse:
    media = MediaFile.objects.filter(key=key, deleted_at=None).first()
    if media is None or not media.path.endswith(f".{ending}"):
        raise Http404
    try:
        opened = media.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    return _kept(FileResponse(opened, content_type=media.media_type))


@require_safe
def qr(request: HttpRequest, token: str) -> HttpResponse:
    try:
        return _kept(HttpResponse(draw_qr(qr_text(token)), content_type="image/png"))
    except BadSignature:
        raise Http404 from None


def _kept(response: Response) -> Response:
    response["Cache-Control"] = FOR_GOOD
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
