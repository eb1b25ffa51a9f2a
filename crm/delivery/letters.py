"""Letters as content: one message said literally, with its files."""

from __future__ import annotations

from crm.delivery.contents import Content
from crm.delivery.mime import File
from crm.models import Letter


def load(letter_id: int, version: int) -> Content:
    letter = _letter(letter_id)
    return Content(letter.subject, letter.subject, letter.html, letter.text, tracked=False, is_literal=True)


def load_letter_parts(letter_id: int) -> tuple[Letter, list[File]]:
    """Raises LookupError where the letter is gone."""
    letter = _letter(letter_id)
    return letter, [File(file.name, file.media_type, bytes(file.data)) for file in letter.files.order_by("pk")]


def _letter(letter_id: int) -> Letter:
    letter = Letter.objects.filter(pk=letter_id).first()
    if letter is None:
        raise LookupError("the letter no longer exists.")
    return letter
