"""A document as PDF to the customer, through the same delivery as every other mail."""

from __future__ import annotations

from django.utils.translation import gettext as _

from crm.delivery.queueing import Attachment, send_one
from crm.errors import NotAllowed
from crm.models import Message, User
from sales.models import Quote
from sales.pdf import Printable, file_name, kind_of, render_pdf


def email_document(document: Printable, *, to: str, subject: str, text: str, by: User) -> Message:
    """Queue one mail with the PDF attached; answers go to the sender.

    Raises NotAllowed for a draft quote (it may still change), Invalid (field “to”) for an address that is none.
    """
    if isinstance(document, Quote) and document.is_editable:
        raise NotAllowed(_("{} is a draft. Activate it, then send it.").format(document))
    attachment = Attachment(file_name(document), "application/pdf", render_pdf(document))
    return send_one(
        to=to,
        subject=subject,
        text=text,
        contact=document.contact,
        attachments=[attachment],
        reply_to=by.email,
        purpose="transactional",
        by=by,
    )


def suggested_letter(document: Printable, by: User) -> dict[str, str]:
    """A first wording, which the sender changes as they like."""
    name = document.contact.first_name if document.contact else ""
    kind = kind_of(document)
    return {
        "to": document.contact.email if document.contact else "",
        "subject": f"{kind} {document}",
        "text": _("Hello{name},\n\nplease find our {kind} {number} attached.\n\nKind regards\n{sender}\n").format(
            name=f" {name}" if name else "", kind=kind.lower(), number=document, sender=by.name
        ),
    }
