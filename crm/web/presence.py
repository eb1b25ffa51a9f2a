"""When a browser was last seen, for the page that lists where somebody is signed in."""

from __future__ import annotations

import time
from typing import Any

from allauth.usersessions.models import UserSession

EVERY = 300
NOTED_AT = "presence_noted_at"


def note_presence(request: Any) -> None:
    """At most every five minutes a session, so that looking costs no write."""
    now = int(time.time())
    if now - request.session.get(NOTED_AT, 0) > EVERY:
        UserSession.objects.create_from_request(request)
        request.session[NOTED_AT] = now
