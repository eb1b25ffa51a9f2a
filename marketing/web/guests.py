"""Who is at the door of a public page: the person a mail led here, a known browser, a stranger or a bot."""

from __future__ import annotations

import re
import secrets
from functools import lru_cache

import crawleruseragents
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from crm.delivery.tokens import read_person
from crm.models import Contact
from crm.web.networks import address_of
from marketing.actions.visits import Guest, contact_of

COOKIE = "visitor"
ONE_YEAR = 365 * 24 * 3600
KEY = re.compile(r"[A-Za-z0-9_-]{22}")


def guest_of(request: HttpRequest) -> Guest:
    """The person token of a mail's link comes first, then what this browser's cookie tells."""
    verdict = _verdict(request)
    visitor = request.COOKIES.get(COOKIE, "")
    if not KEY.fullmatch(visitor):
        visitor = f"bot:{network_of(request)[:20]}" if verdict == "bot" else secrets.token_urlsafe(16)
    contact = None if verdict == "bot" else person_of_link(request) or contact_of(visitor)
    return Guest(visitor=visitor, contact=contact, verdict=verdict)


def person_of_link(request: HttpRequest) -> Contact | None:
    """Whom the link in a mail was written for; a changed or old token tells nobody."""
    person = read_person(request.GET.get("t", ""))
    if person is None or person.contact is None:
        return None
    return Contact.objects.alive().select_related("account").filter(pk=person.contact).first()


def remember(response: HttpResponse, guest: Guest) -> HttpResponse:
    """The cookie of our own public pages: a random key, for a year, unreadable for scripts. Bots get none."""
    if guest.verdict == "human":
        response.set_cookie(
            COOKIE,
            guest.visitor,
            max_age=ONE_YEAR,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response


def network_of(request: HttpRequest) -> str:
    """The address as we keep it: a keyed hash tells whether two came from one place, not from which."""
    return salted_hmac("marketing.network", address_of(request), algorithm="sha256").hexdigest()[:40]


def _verdict(request: HttpRequest) -> str:
    if "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")):
        return "prefetch"
    return "bot" if _is_bot(request.headers.get("User-Agent", "")[:500]) else "human"


@lru_cache(maxsize=1000)
def _is_bot(user_agent: str) -> bool:
    return not user_agent or crawleruseragents.is_crawler(user_agent)
