"""Django's own mails (password resets) go through the same delivery, as transactional letters."""

from __future__ import annotations

from collections.abc import Sequence
from email.mime.base import MIMEBase
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from crm.delivery.queueing import Attachment, send_one


class DeliveryBackend(BaseEmailBackend):
    """One letter for each recipient; answers how many mails were asked for."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for mail in email_messages:
            for to in mail.recipients():
                self._send(mail, to)
        return len(email_messages)

    def _send(self, mail: EmailMessage, to: str) -> None:
        html = next((str(said) for said, kind in getattr(mail, "alternatives", []) if kind == "text/html"), "")
        is_html = mail.content_subtype == "html"
        send_one(
            to=to,
            subject=str(mail.subject),
            text="" if is_html else str(mail.body),
            html=str(mail.body) if is_html else html,
            attachments=[_file(file) for file in mail.attachments],
            sent_from=mail.from_email,
            reply_to=", ".join(mail.reply_to),
        )


def _file(attachment: Any) -> Attachment:
    if isinstance(attachment, MIMEBase):
        content: Any = attachment.get_payload(decode=True)
        return Attachment(attachment.get_filename() or "file", attachment.get_content_type(), bytes(content or b""))
    name, data, media_type = attachment
    content = data.encode() if isinstance(data, str) else bytes(data)
    return Attachment(name or "file", media_type or "application/octet-stream", content)
