"""The life of an event: draft, live, done or cancelled; and a copy of one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django_fsm import can_proceed

from crm.errors import NotAllowed
from marketing.models import Event, Form, Speaker

if TYPE_CHECKING:
    from crm.models import User

COPIED = (
    "kind",
    "summary",
    "description",
    "time_zone",
    "location",
    "join_url",
    "capacity",
    "campaign_id",
    "confirmation_subject",
    "confirmation_text",
    "owner_id",
    "team_id",
)


@transaction.atomic
def publish_event(event: Event, *, by: User) -> Event:
    """Open the public page and the registration. A missing registration form is made.

    Raises NotAllowed where the event is not a draft, or over already.
    """
    event = _locked(event)
    now = timezone.now()
    if can_proceed(event.publish) and event.is_over(now):
        raise NotAllowed("This event would be over already. Set its times first.")
    give_form(event, by=by)
    return _moved(event, event.publish, "published", now)


@transaction.atomic
def finish_event(event: Event, *, by: User) -> Event:
    """The event is over: its pages stay, nobody can register any more."""
    event = _locked(event)
    return _moved(event, event.finish, "closed")


@transaction.atomic
def cancel_event(event: Event, *, by: User) -> Event:
    """The event does not take place. Its page says so; registrations are kept, and nobody is written by this."""
    event = _locked(event)
    return _moved(event, event.cancel, "cancelled")


def give_form(event: Event, *, by: User | None) -> Event:
    """An event without a registration form gets one of its own; saved where the event is."""
    if event.form_id is None:
        event.form = Form.objects.create(
            name=f"Registration: {event.title}"[:200],
            slug=free_slug(Form, event.slug),
            button="Register",
            thank_you="You are registered. A confirmation with the calendar file is on its way to you.",
            owner=event.owner,
            team=event.team,
            created_by=by,
        )
        if event.pk:
            event.save(update_fields=["form", "updated_at"])
    return event


@transaction.atomic
def copy_event(event: Event, *, by: User) -> Event:
    """A draft like this one, a week later, with its speakers and a copy of its form; without materials and registrations."""
    copy = Event(**{name: getattr(event, name) for name in COPIED})
    copy.title = f"{event.title} (copy)"[:200]
    copy.slug = free_slug(Event, event.slug)
    copy.starts_at, copy.ends_at = event.starts_at + timedelta(days=7), event.ends_at + timedelta(days=7)
    copy.created_by = by
    copy.form = _copy_of(event.form, copy.slug, by) if event.form else None
    copy.save()
    give_form(copy, by=by)
    Speaker.objects.bulk_create(
        Speaker(event=copy, name=s.name, title=s.title, bio=s.bio, order=s.order) for s in event.speakers.all()
    )
    return copy


def _copy_of(form: Form, slug: str, by: User) -> Form:
    names = ("name", "introduction", "fields", "button", "thank_you", "redirect_url", "campaign_id", "creates_lead")
    kept = {name: getattr(form, name) for name in (*names, "owner_id", "team_id")}
    return Form.objects.create(**kept, slug=free_slug(Form, slug), created_by=by)


def free_slug(model: type[Event] | type[Form], wanted: str) -> str:
    """`wanted`, or wanted-2, wanted-3, … where it is taken."""
    base = slugify(wanted)[:70] or model._meta.model_name or "page"
    taken = set(model._base_manager.filter(slug__startswith=base).values_list("slug", flat=True))
    if base not in taken:
        return base
    return next(slug for number in range(2, len(taken) + 3) if (slug := f"{base}-{number}") not in taken)


def _locked(event: Event) -> Event:
    return Event.objects.select_for_update().get(pk=event.pk)


def _moved(event: Event, step: Callable[..., None], word: str, *facts: object) -> Event:
    if not can_proceed(step):
        raise NotAllowed(f"“{event}” is {event.get_status_display().lower()}: it cannot be {word}.")
    step(*facts)
    event.version += 1
    event.save()
    return event
