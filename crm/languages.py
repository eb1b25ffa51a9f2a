"""Who is spoken to in which language: readers and visitors in theirs, colleagues in the one they have chosen.

Only the words of public pages and of mails have catalogues (locale/, scripts/words.py). What such a page writes down is
read inside, so it is written in the language of the house.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import get_supported_language_variant
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header

View = TypeVar("View", bound=Callable[..., Any])
MOST_ASKED = 5
_shipped: set[str] = set()


def spoken(codes: Iterable[str]) -> str:
    """The first of these languages that the program speaks (“de-AT” is spoken as “de”); else that of the house."""
    for code in codes:
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


def asked_for(accept_language: str) -> list[str]:
    """What a browser's Accept-Language asks for, the dearest first, in lower case."""
    wanted = [(code, weight) for code, weight in parse_accept_lang_header(accept_language) if code != "*" and weight]
    return [code for code, _weight in wanted[:MOST_ASKED]]


def visitors_language(request: HttpRequest) -> str:
    return spoken(asked_for(request.headers.get("Accept-Language", "")))


def inside_language(user: Any) -> str:
    """The language in which somebody who signs in reads the product."""
    chosen = getattr(user, "language", "")
    return chosen if chosen in dict(settings.INSIDE_LANGUAGES) else settings.LANGUAGE_CODE


def in_house() -> translation.override:
    """Around what is written down for colleagues while a reader's or visitor's language is on."""
    return translation.override(settings.LANGUAGE_CODE)


def for_visitors(view: View) -> View:
    """A page for people who do not sign in: the middleware lets it speak what the browser asks for, its errors too."""
    view.is_for_visitors = True  # type: ignore[attr-defined]
    return view


def shipped(text: str) -> str:
    """Marks a text that Tandem brings and a company may write anew: as long as nobody has, `as_shipped` translates it.

    Called while a module is read, never later: a process must know the text before it shows it.
    """
    _shipped.add(text)
    return text


def is_shipped(text: str) -> bool:
    return text in _shipped


def as_shipped(text: str) -> str:
    """A company's own words stay as they are."""
    return _(text) if is_shipped(text) else text
