"""Letters as content: one message said literally, with its files; where its writer wants to see them, with opens and clicks."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from crm.actions.attachments import attachments_of
from crm.delivery import links, rendering, tokens
from crm.delivery.contents import LETTER, Content
from crm.delivery.eligibility import declines_tracking
from crm.delivery.mime import File
from crm.models import Activity, Letter, Message


@dataclass(frozen=True)
class Parts:
    """A letter as one of its readers gets it."""

    letter: Letter
    html: str
    text: str
    files: list[File]


def load(letter_id: int, version: int) -> Content:
    letter = _letter(letter_id)
    return Content(letter.subject, letter.subject, letter.html, letter.text, tracked=False, is_literal=True)


def load_letter_parts(message: Message) -> Parts:
    """Raises LookupError where the letter is gone, or is no longer to be sent."""
    letter = _letter(message.content_id or 0)
    files = [File(file.name, file.media_type, bytes(file.data)) for file in letter.files.order_by("pk")]
    if letter.activity:
        if letter.activity.deleted_at or letter.activity.status == Activity.Status.CANCELLED:
            raise LookupError("it was taken back.")
        for attachment in attachments_of(letter.activity).order_by("pk"):
            with attachment.file.open() as file:
                files.append(File(attachment.name, attachment.media_type, file.read()))
    html, text = _watched(letter, message)
    return Parts(letter, html, text, files)


def _watched(letter: Letter, message: Message) -> tuple[str, str]:
    """HTML and text with the reader's own addresses in them, where opens and clicks are to be seen and she does not object."""
    if not letter.is_tracked or declines_tracking(message.channel, message.address):
        return letter.html, letter.text
    found = links.links_in_html(letter.html) or links.links_in_text(letter.text)
    ids = links.stored_links(LETTER, letter.pk, found)

    def click(address: str) -> str:
        known = ids.get(address)
        return f"{settings.PUBLIC_URL}/t/c/{tokens.for_click(message.pk, known)}" if known else address

    if not letter.html:
        return "", links.replace_in_text(letter.text, click)
    pixel = f'<img src="{settings.PUBLIC_URL}/t/o/{tokens.for_open(message.pk)}.gif" width="1" height="1" alt="">'
    return rendering.before_end(links.replace_in_html(letter.html, click), pixel), letter.text


def _letter(letter_id: int) -> Letter:
    letter = Letter.objects.select_related("activity").filter(pk=letter_id).first()
    if letter is None:
        raise LookupError("the letter no longer exists.")
    return letter
