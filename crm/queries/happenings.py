"""One line of time: what a row of the log, an activity or a change of a record says to its reader."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.depths import within_reach
from crm.log import kinds
from crm.mailbox.quotes import split
from crm.models import Activity, Contact, Interaction, Record
from crm.queries.addresses import address_of
from crm.queries.history import Event
from crm.queries.sketches import Sketch, sketches

MACHINES = ("prefetch", "scanner", "bot")
ACTIVITY_ICONS = {"task": "checkbox", "call": "phone", "appointment": "calendar-event", "email": "mail", "note": "note"}
CAME_IN = "mail-down"
SHOWN_OF_A_MAIL = 4000
CHANGE_ICONS = {"made": "plus", "changed": "edit", "deleted": "trash", "binned": "trash", "restored": "restore"}


@dataclass
class Happening:
    """One line of the timeline. `times` counts like things folded into one; `activity` is set where it is one.

    `whose` is the person, where the timeline is not hers alone; `message` the id of what was sent, to be read again.
    """

    at: datetime
    icon: str
    title: str
    about: str = ""
    url: str = ""
    body: str = ""
    actor: Any = None
    whose: Contact | None = None
    message: int | None = None
    is_behaviour: bool = False
    is_machine: bool = False
    is_change: bool = False
    is_new: bool = False
    times: int = 1
    activity: Activity | None = None
    facts: list[str] = field(default_factory=list)

    @property
    def is_late(self) -> bool:
        return bool(self.activity and self.activity.is_late)

    @property
    def day(self) -> Any:
        return timezone.localdate(self.at)


def from_interactions(rows: Sequence[Interaction], user: Any, people: Collection[int] = ()) -> list[Happening]:
    """What a person did is hers and told whole; what was done on a record that the reader may not see is told without it.

    Where several people's rows are told, `people` are those whom the reader may see by name.
    """
    found = sketches({(row.source_type, row.source_id) for row in rows if row.source_id}, partial(_within_sight, user))
    told = [_from_interaction(row, found.get((row.source_type, row.source_id or 0))) for row in rows]
    for row, happening in zip(rows, told, strict=True):
        if row.contact_id in people:
            happening.whose = row.contact
    return told


def from_activity(activity: Activity, hers: Contact | None) -> Happening:
    """An email that came in is what the person wrote: theirs, with what is new in it and without what it quotes."""
    is_hers = hers is not None and activity.contact_id == hers.pk
    came_in = activity.kind == Activity.Kind.EMAIL and activity.direction == Activity.Direction.IN
    return Happening(
        at=activity.done_at or activity.due_at or activity.created_at,
        icon=CAME_IN if came_in else ACTIVITY_ICONS[activity.kind],
        title=activity.subject,
        body=split(activity.body[:SHOWN_OF_A_MAIL])[0] if activity.kind == Activity.Kind.EMAIL else activity.body,
        actor=None if came_in else activity.owner,
        is_behaviour=came_in,
        whose=None if is_hers or not activity.contact_id else activity.contact,
        activity=activity,
        facts=[activity.outcome] if activity.outcome else [],
    )


def from_change(event: Event) -> Happening:
    titles = {"made": _("Created"), "deleted": _("Deleted"), "binned": _("Put into the bin"), "restored": _("Restored")}
    names = ", ".join(dict.fromkeys(change.field for change in event.changes))
    is_change = event.verb == "changed"
    facts = [f"{change.field}: {change.before or '–'} → {change.after or '–'}" for change in event.changes]
    return Happening(
        at=event.at,
        icon=CHANGE_ICONS[event.verb],
        title=_("Changed: %s") % names if is_change else titles[event.verb],
        about=" ".join(filter(None, [event.source, event.about])),
        url=event.address,
        actor=event.who,
        is_change=True,
        facts=facts if is_change else [],
    )


def folded(rows: Sequence[Happening]) -> list[Happening]:
    """Neighbours of one day that say the same become one line with a count."""
    told: list[Happening] = []
    for row in rows:
        last = told[-1] if told else None
        if last and not row.activity and _key(last) == _key(row):
            last.times += 1
        else:
            told.append(row)
    return told


def _key(row: Happening) -> tuple:
    what = (row.title, row.about, row.body, tuple(row.facts), row.message)
    return (row.day, row.is_machine, row.whose and row.whose.pk, row.activity and row.activity.pk, *what)


def _from_interaction(row: Interaction, source: Sketch | None) -> Happening:
    kind = kinds.get(row.kind) if kinds.known(row.kind) else None
    told = Happening(row.occurred_at, kind.icon if kind else "point", kind.label if kind else row.kind)
    if source is not None and not source.is_seen and not (kind and kind.is_behaviour):
        told.about = _("on a record you may not see")
        return told
    told.about = str(row.data.get("title", ""))
    if source is not None:
        told.about, told.url = str(source.record), address_of(source.record)
    told.body, told.facts, told.actor, told.message = (
        str(row.data.get("text", "")),
        _facts(row.data),
        row.actor,
        row.message_id,
    )
    told.is_behaviour, told.is_machine = bool(kind and kind.is_behaviour), row.verdict in MACHINES
    return told


def _within_sight(user: Any, model: Any) -> QuerySet | None:
    """Records within the reader's reach; that one rests in the bin is no reason to hide what was done."""
    return within_reach(model._base_manager.all(), user, "view") if issubclass(model, Record) else None


def _facts(data: dict[str, Any]) -> list[str]:
    """What the log says for a reader: `reasons` (a score's), `url` (a click's), `where` and `reason` (of consent, of a bounce)."""
    reasons = data.get("reasons") or []
    facts = [str(reason) for reason in reasons] if isinstance(reasons, list) else []
    return [*facts, *(str(data[name]) for name in ("url", "where", "reason") if data.get(name))]
