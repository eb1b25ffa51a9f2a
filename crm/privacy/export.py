"""Everything about a person as one ZIP file: a JSON file a kind of data, and her files as they are."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from crm.files import clean_name
from crm.hooks import personal
from crm.hooks.personal import PersonalData
from crm.models import Attachment, Contact

ENOUGH_FOR_MEMORY = 8 * 1024 * 1024


def export_person(contact: Contact) -> IO[bytes]:
    """The ZIP, open at its beginning; the caller closes it. Rows are read in chunks, so that memory stays flat."""
    out = tempfile.SpooledTemporaryFile(ENOUGH_FOR_MEMORY)  # noqa: SIM115
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for kind in personal.all_personal_data():
            _write_rows(archive, kind, contact.pk)
            if kind.name == "crm.attachment":
                _write_files(archive, contact.pk, kind)
    out.seek(0)
    return out


def _write_rows(archive: zipfile.ZipFile, kind: PersonalData, contact: int) -> None:
    rows = kind.rows(contact)
    if not rows.exists():
        return
    with archive.open(f"{kind.name}.json", "w") as part:
        part.write(b"[")
        for n, row in enumerate(rows.order_by("pk").iterator(chunk_size=1000)):
            text = json.dumps(dict(_told(row, kind)), cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
            part.write((",\n" if n else "\n").encode() + text.encode())
        part.write(b"\n]\n")


def _told(row: Model, kind: PersonalData) -> Iterator[tuple[str, Any]]:
    """Column and value, empty ones left out; bytes are in the files beside."""
    for column in row._meta.concrete_fields:
        value = getattr(row, column.attname)
        if column.name in kind.hides or isinstance(value, bytes | memoryview) or value in ("", None, {}, []):
            continue
        yield column.attname, value if isinstance(value, bool | int | float | str | list | dict) else str(value)


def _write_files(archive: zipfile.ZipFile, contact: int, kind: PersonalData) -> None:
    for attachment in kind.rows(contact).order_by("pk"):
        assert isinstance(attachment, Attachment)
        try:
            content = attachment.file.open("rb")
        except FileNotFoundError:
            continue
        with content, archive.open(f"files/{attachment.pk}-{clean_name(attachment.name)}", "w") as part:
            shutil.copyfileobj(content, part)
