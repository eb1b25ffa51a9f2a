"""Files that people bring: what is taken, judged by the content and not by the name alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

import puremagic
from django.core.files.uploadedfile import UploadedFile

from crm.errors import Invalid

LARGEST = 25 * 1024 * 1024
LONGEST_NAME = 150
HEAD = 256 * 1024
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What a browser may draw on our pages; everything else is only ever downloaded."""


@dataclass(frozen=True)
class Taken:
    """A kind of file that is taken: its media type, and the endings its content may be recognised by ("" for text)."""

    words: str
    media_type: str
    content: frozenset[str]


def _kind(words: str, media_type: str, *content: str) -> Taken:
    return Taken(words, media_type, frozenset(content))


_OOXML = ("docx", "xlsx", "pptx", "zip", "docm", "xlsm", "xlsb", "dotx", "potx", "jar")
_OLE = ("doc", "xls", "ppt", "msi", "msg", "ole", "xla", "db", "oft", "mpp")
_OFFICE = "application/vnd.openxmlformats-officedocument"
TAKEN: dict[str, Taken] = {
    "pdf": _kind("a PDF", "application/pdf", "pdf", "fdf", "ai"),
    "png": _kind("a PNG picture", "image/png", "png"),
    "jpg": _kind("a JPEG picture", "image/jpeg", "jpg", "jpeg", "jfif", "jpe"),
    "jpeg": _kind("a JPEG picture", "image/jpeg", "jpg", "jpeg", "jfif", "jpe"),
    "gif": _kind("a GIF picture", "image/gif", "gif"),
    "webp": _kind("a WebP picture", "image/webp", "webp"),
    "tif": _kind("a TIFF picture", "image/tiff", "tif", "tiff"),
    "tiff": _kind("a TIFF picture", "image/tiff", "tif", "tiff"),
    "heic": _kind("a HEIC picture", "image/heic", "heic", "heif", "avif"),
    "docx": _kind("a Word document", f"{_OFFICE}.wordprocessingml.document", *_OOXML),
    "xlsx": _kind("an Excel workbook", f"{_OFFICE}.spreadsheetml.sheet", *_OOXML),
    "pptx": _kind("a PowerPoint presentation", f"{_OFFICE}.presentationml.presentation", *_OOXML),
    "odt": _kind("an OpenDocument text", "application/vnd.oasis.opendocument.text", "odt", "zip", "ott"),
    "ods": _kind("an OpenDocument sheet", "application/vnd.oasis.opendocument.spreadsheet", "ods", "zip", "ots"),
    "odp": _kind(
        "an OpenDocument presentation", "application/vnd.oasis.opendocument.presentation", "odp", "zip", "otp"
    ),
    "doc": _kind("a Word document", "application/msword", *_OLE),
    "xls": _kind("an Excel workbook", "application/vnd.ms-excel", *_OLE),
    "ppt": _kind("a PowerPoint presentation", "application/vnd.ms-powerpoint", *_OLE),
    "msg": _kind("an Outlook message", "application/vnd.ms-outlook", *_OLE),
    "zip": _kind("a ZIP archive", "application/zip", "zip", *_OOXML),
    "mp3": _kind("an MP3 recording", "audio/mpeg", "mp3", "mpga"),
    "wav": _kind("a WAV recording", "audio/wav", "wav", "wave"),
    "m4a": _kind("an M4A recording", "audio/mp4", "m4a", "mp4", "m4v", "mov"),
    "mp4": _kind("an MP4 film", "video/mp4", "mp4", "m4v", "m4a", "mov"),
    "mov": _kind("a QuickTime film", "video/quicktime", "mov", "mp4", "qt"),
    "txt": _kind("a text", "text/plain", ""),
    "md": _kind("a text", "text/plain", ""),
    "log": _kind("a text", "text/plain", ""),
    "csv": _kind("a CSV table", "text/csv", ""),
    "ics": _kind("a calendar file", "text/calendar", ""),
    "vcf": _kind("a contact card", "text/vcard", ""),
    "eml": _kind("a mail", "message/rfc822", ""),
    "json": _kind("a JSON file", "application/json", ""),
    "xml": _kind("an XML file", "application/xml", ""),
    "rtf": _kind("an RTF document", "application/rtf", "rtf", ""),
}


def check_upload(upload: UploadedFile) -> tuple[str, str]:
    """(name, media type) of a file that is taken. Raises Invalid with a sentence where its size, its kind or its content
    is not: a program that calls itself a PDF is told so."""
    name = clean_name(upload.name or "")
    if not upload.size:
        raise Invalid(f"“{name}” is empty.", field="file")
    if upload.size > LARGEST:
        most, size = LARGEST // 1024**2, upload.size / 1024**2
        raise Invalid(f"“{name}” has {size:.1f} MB; {most} MB is the most.", field="file")
    ending = PurePath(name).suffix.lstrip(".").lower()
    kind = TAKEN.get(ending)
    if kind is None:
        raise Invalid(
            f"Files ending in “.{ending}” are not taken. Put it into a ZIP archive, or send a link.", field="file"
        )
    upload.seek(0)
    head = upload.read(HEAD)
    upload.seek(0)
    if not _is_honest(head, kind):
        raise Invalid(f"“{name}” is not {kind.words}: its content is {_looks_like(head)}.", field="file")
    return name, kind.media_type


def clean_name(name: str) -> str:
    """The last part of a path, without control characters, its ending kept where it is cut."""
    plain = "".join(letter for letter in name.replace("\\", "/").rpartition("/")[2] if letter.isprintable()).strip(" .")
    path = PurePath(plain or "file")
    return (
        path.name if len(path.name) <= LONGEST_NAME else f"{path.stem[: LONGEST_NAME - len(path.suffix)]}{path.suffix}"
    )


def _is_honest(head: bytes, kind: Taken) -> bool:
    if "" in kind.content and _is_text(head):
        return True
    return bool(kind.content & _endings(head))


def _is_text(head: bytes) -> bool:
    """Text has no NUL bytes, unless a byte order mark says it is UTF-16."""
    return head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" not in head


def _endings(head: bytes) -> set[str]:
    try:
        found = {match.extension.lstrip(".").lower() for match in puremagic.magic_string(head)}
        return found - {""}
    except puremagic.PureError:
        return set()


def _looks_like(head: bytes) -> str:
    if head[:2] == b"MZ" or head[:4] == b"\x7fELF":
        return "a program"
    known = [TAKEN[ending].words for ending in sorted(_endings(head)) if ending in TAKEN]
    return known[0] if known else "text" if _is_text(head) else "something else"
