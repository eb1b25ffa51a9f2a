"""Telling users something now: under the bell, linked to its record, by mail where they want it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from crm.delivery.queueing import send_one
from crm.hooks import notices
from crm.hooks.notices import Way
from crm.models import Notification, User

TEXT_FITS = 300
_hushed: ContextVar[frozenset[str]] = ContextVar("hushed", default=frozenset())


@dataclass(frozen=True)
class Note:
    """One line for one user. `kind` is declared in crm/hooks/notices.py; a known `key` is no news: twice is once."""

    user: int
    text: str
    url: str = ""
    icon: str = "bell"
    key: str | None = None
    kind: str = "news"


def notify(
    user: User | int, text: str, url: str = "", icon: str = "bell", key: str | None = None, *, kind: str = "news"
) -> None:
    """One line under the user's bell, in the caller's transaction."""
    tell([Note(_pk(user), text, url, icon, key, kind)])


def notify_many(
    users: Iterable[User | int],
    text: str,
    url: str = "",
    icon: str = "bell",
    key: str | None = None,
    *,
    kind: str = "news",
) -> None:
    """The same line for several users; `key` is made each user's own."""
    ids = dict.fromkeys(_pk(user) for user in users)
    tell([Note(pk, text, url, icon, f"{key}:{pk}" if key else None, kind) for pk in ids])


@contextmanager
def hushed(*kinds: str) -> Iterator[None]:
    """Inside, nobody is told of these kinds: whoever does many things at once tells of all of them together."""
    token = _hushed.set(_hushed.get() | set(kinds))
    try:
        yield
    finally:
        _hushed.reset(token)


@transaction.atomic(savepoint=False)
def tell(notes: Sequence[Note]) -> None:
    """Any number of lines for any number of users, each told the way they chose for its kind. Who has left is told nothing."""
    people = User.objects.filter(is_active=True).in_bulk({note.user for note in notes})
    wanted = [(people[note.user], note) for note in notes if note.user in people and note.kind not in _hushed.get()]
    wanted = [(user, note) for user, note in wanted if way_of(user, note.kind) != Way.OFF]
    keys = [_key(note) for _, note in wanted if note.key]
    known = set(Notification.objects.filter(key__in=keys).values_list("key", flat=True)) if keys else set()
    fresh = [(user, note) for user, note in wanted if not note.key or _key(note) not in known]
    Notification.objects.bulk_create([_row(user, note) for user, note in fresh], ignore_conflicts=bool(keys))
    for user, note in fresh:
        if way_of(user, note.kind) == Way.MAIL:
            _mail(user, note)


def way_of(user: User, kind: str) -> str:
    """How this user wants to be told of this kind of thing."""
    return user.notices.get(kind) or notices.get(kind).way


def mark_read(user: User, pk: int | None = None) -> int:
    """Mark one notification, or all of the user's, as read; answers how many were unread."""
    unread = Notification.objects.filter(user=user, read_at=None)
    if pk is not None:
        unread = unread.filter(pk=pk)
    return unread.update(read_at=timezone.now())


def _row(user: User, note: Note) -> Notification:
    told_at = timezone.now() if way_of(user, note.kind) == Way.MAIL else None
    return Notification(
        user=user,
        text=_short(note.text),
        url=note.url,
        icon=note.icon,
        kind=note.kind,
        key=_key(note),
        mailed_at=told_at,
    )


def _mail(user: User, note: Note) -> None:
    how = f"{settings.PUBLIC_URL}/settings/notifications/"
    body = f"{note.text}\n\n{settings.PUBLIC_URL}{note.url}\n\nYou chose to be told by mail: {how}\n"
    send_one(to=user.email, subject=_short(note.text), text=body, key=f"notice:{_key(note)}" if note.key else "")


def _short(text: str) -> str:
    return text if len(text) <= TEXT_FITS else f"{text[: TEXT_FITS - 1]}…"


def _key(note: Note) -> str | None:
    return note.key[:120] if note.key else None


def _pk(user: User | int) -> int:
    return user.pk if isinstance(user, User) else user
