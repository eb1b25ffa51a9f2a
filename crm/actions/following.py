"""Following a record, and telling its followers what is worth knowing: a reader of the log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from crm.actions.notifications import notify_many
from crm.log import kinds
from crm.models import Activity, Follow, Interaction, User
from crm.queries.addresses import address_of

Key = tuple[str, int]


def follow_record(record: Model, *, by: User) -> Follow:
    """From now on the user is told. Following twice is following once."""
    on = ContentType.objects.get_for_model(record)
    return Follow.objects.get_or_create(user=by, record_type=on, record_id=record.pk)[0]


def unfollow_record(label: str, pk: int, *, by: User) -> None:
    """By its name (“crm.account”, 7), so that one can also let go of what one no longer sees."""
    app, _dot, model = label.partition(".")
    Follow.objects.filter(user=by, record_type__app_label=app, record_type__model=model, record_id=pk).delete()


def tell_followers(rows: Sequence[Interaction], now: datetime) -> None:
    """One line under the bell of everybody who follows what a row is about, and still sees it; not of who did it."""
    about = _about(rows)
    followers = _followers({key for keys in about.values() for key in keys})
    if not followers:
        return
    for row in _last_of_each(rows):
        knows_already = (row.actor_id, row.data.get("owner"))
        people = {user.pk: user for key in about[row.pk] for user in followers[key] if user.pk not in knows_already}
        if people:
            _tell(row, list(people.values()))


def _last_of_each(rows: Sequence[Interaction]) -> list[Interaction]:
    """What happened to one record within a moment (opened and assigned) is one piece of news: the last."""
    return list({(row.source_type, row.source_id): row for row in rows}.values())


def _about(rows: Sequence[Interaction]) -> dict[int, set[Key]]:
    """What each row is about: its source, its contact, its account; of an activity also what it regards."""
    regarding = _regarding([row.source_id for row in rows if row.source_type == "crm.activity" and row.source_id])
    found: dict[int, set[Key]] = {}
    for row in rows:
        keys = {("crm.contact", row.contact_id), ("crm.account", row.account_id), (row.source_type, row.source_id)}
        if row.source_type == "crm.activity" and row.source_id in regarding:
            keys.add(regarding[row.source_id])
        found[row.pk] = {(label, pk) for label, pk in keys if label and pk}
    return found


def _regarding(activities: list[int]) -> dict[int | None, Key]:
    rows = Activity.objects.filter(pk__in=activities).exclude(regarding_type=None).select_related("regarding_type")
    return {
        row.pk: (f"{row.regarding_type.app_label}.{row.regarding_type.model}", row.regarding_id)
        for row in rows
        if row.regarding_type and row.regarding_id
    }


def _followers(keys: set[Key]) -> dict[Key, list[User]]:
    """One query a kind of record that is followed at all."""
    ids: dict[str, set[int]] = defaultdict(set)
    for label, pk in keys:
        ids[label].add(pk)
    found: dict[Key, list[User]] = defaultdict(list)
    for label, wanted in ids.items():
        on = ContentType.objects.get_for_model(apps.get_model(label))
        rows = Follow.objects.filter(record_type=on, record_id__in=wanted, user__is_active=True)
        for row in rows.select_related("user"):
            found[label, row.record_id].append(row.user)
    return found


def _tell(row: Interaction, people: list[User]) -> None:
    source = _source_of(row)
    if source is None:
        return
    manager: Any = type(source)._default_manager
    rows = manager.filter(pk=source.pk)
    who = [user for user in people if not hasattr(rows, "visible_to") or rows.visible_to(user).exists()]
    kind = kinds.get(row.kind)
    what = source.get_kind_display() if isinstance(source, Activity) else kind.label
    said = f" – {row.data['text']}" if row.data.get("text") else ""
    actor = f" ({row.actor})" if row.actor else ""
    notify_many(
        who, f"{what}: {source}{said}{actor}", address_of(source), kind.icon, key=f"follow:{row.pk}", kind="followed"
    )


def _source_of(row: Interaction) -> Model | None:
    if not row.source_type or not row.source_id:
        return None
    model = apps.get_model(row.source_type)
    return model._base_manager.filter(pk=row.source_id).first()
