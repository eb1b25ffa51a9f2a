"""The pixel and the click: the raw hit is committed, then answered. What it counts for is decided by readers of the log."""

from __future__ import annotations

import ipaddress
from base64 import b64decode
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from crm.delivery import tokens
from crm.delivery.channels import way
from crm.delivery.eligibility import declines_tracking
from crm.delivery.verdicts import VERSION, judge
from crm.log.recording import record
from crm.models import Message, TrackedLink

PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@never_cache
@require_safe
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """One open of one message. A picture that asks for itself again is another row; readers count people."""
    message = _message(tokens.read_open(token))
    if message is None:
        return broken_link(request)
    _tell(request, message, "email.opened", is_open=True)
    return HttpResponse(PIXEL, content_type="image/gif")


@never_cache
@require_safe
def clicked(request: HttpRequest, token: str) -> HttpResponse:
    """One click, led on to the stored address and nowhere else."""
    read = tokens.read_click(token)
    message = _message(read[0]) if read else None
    link = TrackedLink.objects.filter(pk=read[1]).first() if read else None
    if message is None or link is None:
        return broken_link(request)
    _tell(request, message, way(message.channel).kind_clicked, is_open=False, link=link.pk, url=link.url)
    return _Onward(_with_person(link.url, message))


def broken_link(request: HttpRequest) -> HttpResponse:
    """A token that we did not sign, or whose message is gone: said plainly, nothing happens."""
    return render(request, "crm/delivery/broken_link.html", status=404)


class _Onward(HttpResponseRedirect):
    allowed_schemes = ["http", "https"]


def _message(pk: int | None) -> Message | None:
    return Message.objects.filter(pk=pk).first() if pk is not None else None


def _tell(request: HttpRequest, message: Message, kind: str, *, is_open: bool, **data: Any) -> None:
    """Test messages belong to nobody and are not counted; nor are people who do not want to be tracked."""
    if message.contact_id is None or declines_tracking(message.channel, message.address):
        return
    now = timezone.now()
    since_sent = now - message.sent_at if message.sent_at else None
    agent = request.headers.get("User-Agent", "")[:300]
    seconds = round(since_sent.total_seconds(), 1) if since_sent is not None else None
    record(
        kind,
        contact=message.contact_id,
        source=(message.content_type, message.content_id),
        campaign=message.campaign_id,
        message=message,
        data={"agent": agent, "method": request.method, "network": _network(request), "after": seconds, **data},
        occurred_at=now,
        verdict=judge(
            agent, method=request.method or "", headers=request.headers, since_sent=since_sent, is_open=is_open
        ),
        verdict_version=VERSION,
    )


def _network(request: HttpRequest) -> str:
    """The network the hit came from, not the person's address."""
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return ""
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


def _with_person(url: str, message: Message) -> str:
    """Our own pages learn who comes; nobody else does."""
    if not (url == settings.PUBLIC_URL or url.startswith((f"{settings.PUBLIC_URL}/", f"{settings.PUBLIC_URL}?"))):
        return url
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "t"]
    query.append(("t", tokens.for_person(message.pk, message.contact_id)))
    return urlunsplit(parts._replace(query=urlencode(query)))
