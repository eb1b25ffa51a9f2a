"""A message as the person received it: who may see the person may read what was sent to them."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from liquid.exceptions import LiquidError

from crm.delivery import contents
from crm.delivery.rendering import Rendered, preview
from crm.models import Contact, Message
from crm.web.reading import READERS_POLICY, linked
from crm.web.requests import SignedIn


@login_required
def received(request: SignedIn, pk: int) -> HttpResponse:
    """Its text and what became of it; where the content is no more, the page says so."""
    message = _message_or_404(request, pk)
    said = _said(message)
    context = {"message": message, "said": said, "text": linked(said.text) if said else ""}
    return render(request, "crm/received.html", context)


@login_required
@xframe_options_sameorigin
def received_html(request: SignedIn, pk: int) -> HttpResponse:
    """The mail's HTML alone, in a sandbox with a policy of its own."""
    said = _said(_message_or_404(request, pk))
    if said is None or not said.html:
        raise Http404
    response = HttpResponse(f'<base target="_blank">{said.html}')
    response["Content-Security-Policy"] = READERS_POLICY
    response["Referrer-Policy"] = "no-referrer"
    return response


def _message_or_404(request: SignedIn, pk: int) -> Message:
    seen = Contact.objects.visible_to(request.user)
    return get_object_or_404(Message.objects.select_related("contact", "campaign", "sender"), pk=pk, contact__in=seen)


def _said(message: Message) -> Rendered | None:
    """Made anew from the version that was sent; None where that is gone, or was forgotten with somebody."""
    try:
        content = contents.load(message.content_type, message.content_id or 0, message.content_version)
        return preview(content, message.contact, message.variables, purpose=message.purpose)
    except (LookupError, LiquidError):
        return None
