"""The pixel and the click: the raw hit is committed, with its verdict, then answered. What it counts for is decided by readers of the log."""

from __future__ import annotations

import ipaddress
from base64 import b64decode
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from crm.delivery import tokens
from crm.delivery.hits import MOST_PLACES, Asked, Sent, hints_of, keep_click, keep_open, message_hit, tracked_links
from crm.languages import for_visitors
from crm.web.networks import address_of

PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@for_visitors
@never_cache
@require_safe
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """One open of one message. A picture that asks for itself again is another row; readers count people."""
    pk = tokens.read_open(token)
    sent = message_hit(pk) if pk is not None else None
    if sent is None:
        return broken_link(request)
    keep_open(sent, _asked(request))
    return HttpResponse(PIXEL, content_type="image/gif")


@for_visitors
@never_cache
@require_safe
def clicked(request: HttpRequest, token: str) -> HttpResponse:
    """One click, led on to the stored address and nowhere else. `?p=` tells which link of the mail it was."""
    read = tokens.read_click(token)
    sent = message_hit(read[0]) if read else None
    link = tracked_links.get(read[1]) if read else None
    if sent is None or link is None:
        return broken_link(request)
    place = request.GET.get("p", "")
    is_place = place.isascii() and place.isdigit() and len(place) < 5 and int(place) < MOST_PLACES
    keep_click(sent, _asked(request), link, int(place) if is_place else None)
    return _Onward(_with_person(link.target or link.url, sent))


def broken_link(request: HttpRequest) -> HttpResponse:
    """A token that we did not sign, or whose message is gone: said plainly, nothing happens."""
    return render(request, "crm/delivery/broken_link.html", status=404)


class _Onward(HttpResponseRedirect):
    allowed_schemes = ["http", "https"]


def _asked(request: HttpRequest) -> Asked:
    agent = request.headers.get("User-Agent", "")[:300]
    return Asked(agent, request.method or "", _network(request), hints_of(request.headers))


def _network(request: HttpRequest) -> str:
    """The network the hit came from, not the person's address."""
    try:
        address = ipaddress.ip_address(address_of(request))
    except ValueError:
        return ""
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


def _with_person(url: str, sent: Sent) -> str:
    """Our own pages learn who comes; nobody else does."""
    if not (url == settings.PUBLIC_URL or url.startswith((f"{settings.PUBLIC_URL}/", f"{settings.PUBLIC_URL}?"))):
        return url
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "t"]
    query.append(("t", tokens.for_person(sent.pk, sent.contact_id)))
    return urlunsplit(parts._replace(query=urlencode(query)))
