"""Putting files on records and taking them off; the record's history tells both."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Model, QuerySet

from crm.audit import keep_in_bulk
from crm.files import check_upload
from crm.models import Attachment, User


@transaction.atomic
def attach_file(record: Model, upload: UploadedFile, *, by: User | None) -> Attachment:
    """One file on a record; `by` is None for what came by mail. The same content under the same name is there already and is not stored twice.

    Raises Invalid where the file is not taken (crm/files.py). The caller has checked that `by` may change the record.
    """
    name, media_type = check_upload(upload)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    known = attachments_of(record).filter(name=name, digest=digest.hexdigest()).first()
    if known:
        return known
    upload.seek(0)
    attachment = Attachment(record=record, name=name, media_type=media_type, size=upload.size or 0, by=by)
    attachment.digest = digest.hexdigest()
    attachment.file.save(name, upload, save=False)
    attachment.save()
    keep_in_bulk([(record, {"files": ["", name]})], by=by)
    return attachment


@transaction.atomic
def remove_attachment(attachment: Attachment, *, by: User) -> None:
    """The row goes now, the bytes when the transaction has ended well."""
    record: Any = attachment.record
    if record is not None:
        keep_in_bulk([(record, {"files": [attachment.name, ""]})], by=by)
    forget_files(Attachment.objects.filter(pk=attachment.pk))


def forget_files(rows: QuerySet[Attachment]) -> int:
    """Delete attachments with their bytes, without a trace in the history: for purging and erasing. Answers how many."""
    gone = list(rows)
    rows.delete()
    for attachment in gone:
        transaction.on_commit(partial(attachment.file.storage.delete, str(attachment.file.name)))
    return len(gone)


def attachments_of(record: Model) -> QuerySet[Attachment]:
    on = ContentType.objects.get_for_model(record)
    return Attachment.objects.filter(record_type=on, record_id=record.pk)
