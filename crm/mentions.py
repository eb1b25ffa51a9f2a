"""“@Rita Rep” in a text: who is meant, and how it is drawn."""

from __future__ import annotations

import re

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from crm.models import User

MARK = "@"
WRITTEN = re.compile(r"(?<!\S)@[^\W\d_][\w’'-]*(?: [^\W\d_a-z][\w’'-]*){0,2}")
"""An @ at the beginning of a word, and up to three capitalised words: what is drawn as a mention. Who was told was decided
when it was written."""


def mentioned(text: str) -> list[User]:
    """The active users whose full names stand behind an @ in the text, whatever the case; the longest name wins."""
    if not WRITTEN.search(text):
        return []
    people = sorted(User.objects.filter(is_active=True), key=lambda user: len(user.name), reverse=True)
    found, rest = [], text.casefold()
    for user in people:
        written = f"{MARK}{user.name}".casefold()
        if user.name and written in rest:
            found.append(user)
            rest = rest.replace(written, " ")
    return found


def with_mentions(text: str) -> SafeString:
    """The text escaped, each mention as a mark of its own. Names have no characters that escaping changes but the ’."""
    shown = conditional_escape(text)
    return mark_safe(WRITTEN.sub(lambda m: f'<span class="mention">{m.group()}</span>', shown))
