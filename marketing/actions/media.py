"""Pictures: taken in, judged by their content, turned upright, made small enough for mail; taken away where nobody uses them."""

from __future__ import annotations

import hashlib
import uuid
import warnings
from io import BytesIO
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from PIL import Image, ImageOps, UnidentifiedImageError

from crm.access.see import must_be_able_to, must_be_able_to_add
from crm.errors import Invalid, NotAllowed
from crm.files import clean_name
from marketing.models import MarketingEmail, MediaFile

if TYPE_CHECKING:
    from crm.models import User

LARGEST = 10 * 1024 * 1024
MOST_PIXELS = 50_000_000
WIDEST = 1280
"""Twice the width of an email: sharp on fine screens, and not heavier than that."""
TAKEN = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
LARGEST_GIF = 2 * 1024 * 1024


@transaction.atomic
def add_picture(upload: UploadedFile, *, by: User, alt: str = "") -> MediaFile:
    """Keep a picture; the same one twice is once. Raises Invalid with a sentence about its size, kind or content."""
    must_be_able_to_add(by, MediaFile)
    name = clean_name(upload.name or "picture")
    if not upload.size:
        raise Invalid(f"“{name}” is empty.", field="file")
    if upload.size > LARGEST:
        most, size = LARGEST // 1024**2, upload.size / 1024**2
        raise Invalid(f"“{name}” has {size:.0f} MB; {most} MB is the most for a picture in an email.", field="file")
    data = upload.read()
    digest = hashlib.sha256(data).hexdigest()
    known = MediaFile.objects.alive().visible_to(by).filter(digest=digest).first()
    if known:
        return known
    stored, media_type, width, height = _fit_for_mail(data, name)
    media = MediaFile(
        key=uuid.uuid4().hex, name=name, alt=alt[:300], media_type=media_type, width=width, height=height,
        size=len(stored), digest=digest, owner=by, created_by=by,
    )  # fmt: skip
    media.file.save(media.key, ContentFile(stored), save=False)
    media.save()
    return media


@transaction.atomic
def remove_picture(media: MediaFile, *, by: User) -> None:
    """Away with it and its bytes. Raises NotAllowed where something uses it: mails that were sent would show a hole."""
    must_be_able_to(by, "delete", media)
    uses = uses_of_picture(media)
    if uses:
        raise NotAllowed(
            f"“{media}” is used in {', '.join(uses[:3])}{' and more' if len(uses) > 3 else ''}. Take it out there first."
        )
    file, storage = str(media.file.name), media.file.storage
    media.delete()
    transaction.on_commit(lambda: storage.delete(file))


def uses_of_picture(media: MediaFile) -> list[str]:
    """Where it stands, in words; empty where nowhere."""
    return [
        *(f"the email “{one}”" for one in media.emails.alive()[:20]),
        *(f"the reusable block “{one}”" for one in media.content_blocks.alive()[:20]),
        *(f"the template “{one}”" for one in media.designs.alive()[:20]),
        *(f"the brand “{one}”" for one in media.brands.alive()[:20]),
        *(f"a version of the email “{one}” that may have been sent" for one in _emails_that_sent(media)),
    ]


def _emails_that_sent(media: MediaFile) -> QuerySet[MarketingEmail]:
    """Also those in the bin: what was sent stands in mailboxes for years."""
    return MarketingEmail.objects.filter(pk__in=media.versions.order_by().values("email")).order_by("pk")[:20]


def _fit_for_mail(data: bytes, name: str) -> tuple[bytes, str, int, int]:
    """(bytes, media type, width, height): at most 1,280 pixels wide, upright, without what the camera noted. WebP, which
    Outlook does not show, becomes PNG or JPEG; a GIF moves, so it stays as it is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture: Image.Image = Image.open(BytesIO(data), formats=list(TAKEN))
            if picture.width * picture.height > MOST_PIXELS:
                raise Invalid(
                    f"“{name}” is {picture.width:,} × {picture.height:,} pixels; 50 million in all are the most.",
                    field="file",
                )
            kind = str(picture.format)
            if kind == "GIF":
                return _as_it_is(data, name, picture)
            picture = ImageOps.exif_transpose(picture)
            picture.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError, Warning):
        raise Invalid(
            f"“{name}” is no picture that mail programs show: PNG, JPEG, GIF or WebP.", field="file"
        ) from None
    if picture.width > WIDEST:
        height = max(1, round(picture.height * WIDEST / picture.width))
        picture = picture.convert("RGBA" if _is_clear(picture) else "RGB").resize(
            (WIDEST, height), Image.Resampling.LANCZOS
        )
    buffer = BytesIO()
    if kind == "PNG" or _is_clear(picture):
        picture.save(buffer, "PNG", optimize=True)
        return buffer.getvalue(), "image/png", picture.width, picture.height
    picture.convert("RGB").save(buffer, "JPEG", quality=85, optimize=True, progressive=True)
    return buffer.getvalue(), "image/jpeg", picture.width, picture.height


def _as_it_is(data: bytes, name: str, picture: Image.Image) -> tuple[bytes, str, int, int]:
    if len(data) > LARGEST_GIF:
        raise Invalid(
            f"“{name}” has {len(data) / 1024**2:.1f} MB; a GIF has at most 2, since it cannot be made smaller here.",
            field="file",
        )
    return data, "image/gif", picture.width, picture.height


def _is_clear(picture: Image.Image) -> bool:
    return picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
