"""Somebody leaves, or hands over and stays: what they owned goes to a successor, in batches, by a job; the history says so."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.apps import apps
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import jobs
from crm.actions.notifications import mark_read, notify
from crm.actions.users import must_leave_an_administrator, revoke_tokens, sign_out_everywhere
from crm.audit import changing, keep_in_bulk
from crm.errors import Invalid, NotAllowed
from crm.models import Activity, Follow, Letter, Message, Record, Share, Team, User

BATCH = 500
TASK = "crm.tasks.hand_over_records"


@transaction.atomic
def let_go(user: User, *, successor: User, by: User) -> User:
    """Deactivate: sessions, tokens, shares, what they follow and letters still waiting end now; their records follow by the job.

    Raises NotAllowed for the last administrator or whoever has left already, Invalid for a successor who cannot be one.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        raise NotAllowed(_("%s has left already.") % user)
    _must_be_able_to_take(successor, user)
    user.is_active, user.handed_to = False, successor
    user.save()
    must_leave_an_administrator()
    sign_out_everywhere(user)
    revoke_tokens(user)
    mark_read(user)
    Share.objects.filter(user=user).delete()
    Follow.objects.filter(user=user).delete()
    led_by_them = [*Team.objects.filter(manager=user), *User.objects.filter(manager=user).exclude(pk=successor.pk)]
    for led in cast(list[Any], led_by_them):
        led.manager = successor
        led.save(update_fields=["manager"])
    letters = Letter.objects.filter(written_by=user).values("pk")
    waiting = Message.objects.filter(status="due", claim=None, content_type="crm.letter", content_id__in=letters)
    waiting.update(status="cancelled", reason=_("%s has left.") % user)
    jobs.nudge(TASK)
    return user


@transaction.atomic
def hand_over_everything(user: User, *, successor: User, by: User) -> User:
    """For a long leave or a new post: what they own goes to a successor by the job; they stay, with their rights and shares.

    Raises NotAllowed for whoever has left or is handing over already, Invalid for a successor who cannot be one.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        raise NotAllowed(_("%s has left already.") % user)
    if user.handed_to_id:
        raise NotAllowed(_("%(who)s is being handed over to %(to)s.") % {"who": user, "to": user.handed_to})
    _must_be_able_to_take(successor, user)
    user.handed_to = successor
    user.save(update_fields=["handed_to"])
    jobs.nudge(TASK)
    return user


def _must_be_able_to_take(successor: User, user: User) -> None:
    if successor.pk == user.pk or not successor.is_active:
        raise Invalid(_("Choose somebody else who works here."), field="successor")


def belongings(user: User) -> list[tuple[type[Record], QuerySet]]:
    """What is theirs, by kind. Finished activities stay: who did them does not change."""
    models: list[Any] = [m for m in apps.get_models() if issubclass(m, Record)]
    rows = [(model, model._base_manager.filter(owner=user)) for model in models]
    return [(m, r.filter(status=Activity.Status.OPEN) if m is Activity else r) for m, r in rows]


def is_waiting(now: datetime) -> bool:
    """For the sweep: is there somebody whose things are not all handed over?"""
    return User.objects.exclude(handed_to=None).exists()


def hand_over_records() -> None:
    """A batch is one short transaction, and what is handed over is no longer found: a kill loses and doubles nothing."""
    for user in User.objects.exclude(handed_to=None).select_related("handed_to"):
        while any(_hand_over(user, rows) for _model, rows in belongings(user)):
            pass
        if User.objects.filter(pk=user.pk).exclude(handed_to=None).update(handed_to=None) and user.handed_to:
            text = _("Everything that belonged to %s is yours now.") % user
            notify(user.handed_to, text, "/", "user-check", key=f"left:{user.pk}:{timezone.now():%Y%m%d}")


@transaction.atomic
def _hand_over(user: User, rows: QuerySet) -> int:
    records: list[Any] = list(rows.select_for_update(of=("self",)).order_by("pk")[:BATCH])
    if not records:
        return 0
    ids = [record.pk for record in records]
    type(records[0])._base_manager.filter(pk__in=ids).update(
        owner=user.handed_to, version=F("version") + 1, updated_at=timezone.now()
    )
    about = _("%s handed over") if user.is_active else _("%s left")
    with changing("system", about=about % user):
        keep_in_bulk([(r, {"owner": [str(user), str(user.handed_to)]}) for r in records], by=None)
    return len(records)
