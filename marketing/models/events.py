"""An event: a webinar or a room, its speakers and materials, and who registered."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from crm.models import Contact, Record
from crm.models.users import check_time_zone
from marketing.models.links import WebLink

CONFIRMATION = """Hello {{ contact.first_name | default: "there" }},

you are registered for {{ event_title }}.

When: {{ event_when }}
Where: {{ event_where }}

The calendar file is attached. Everything else is on the page of the event:
{{ event_url }}

See you there."""


class EventStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    LIVE = "live", "Live"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"


class Event(FSMModelMixin, Record):
    """Something to register for under /e/<slug>/. Its times are stored in UTC and shown to guests in `time_zone`."""

    class Kind(models.TextChoices):
        WEBINAR = "webinar", _("Webinar")
        IN_PERSON = "in_person", _("In person")

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.WEBINAR)
    status = FSMField(
        max_length=10, choices=EventStatus.choices, default=EventStatus.DRAFT, protected=True, editable=False
    )
    title = models.CharField(max_length=200)
    slug = models.SlugField("address", max_length=80, unique=True, help_text="The end of its public address: /e/…/")
    summary = models.CharField(max_length=300, blank=True, help_text="One or two sentences under the title.")
    description = models.TextField(blank=True, help_text="Plain text; an empty line begins a new paragraph.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    time_zone = models.CharField(max_length=60, default="UTC", validators=[check_time_zone])
    location = models.CharField(max_length=300, blank=True, help_text="Of an event in person: the address.")
    join_url = WebLink(
        "link to join",
        blank=True,
        help_text="Of a webinar. Only people who registered are told.",
    )
    capacity = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Empty means no limit."
    )
    campaign = models.ForeignKey("crm.Campaign", models.SET_NULL, null=True, blank=True, related_name="+")
    form = models.OneToOneField(
        "marketing.Form",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="event",
        verbose_name="registration form",
        help_text="Left empty, one is made: name, email, company, country, phone and the wish for news.",
    )
    confirmation_subject = models.CharField(
        "subject of the confirmation", max_length=200, default="You are registered: {{ event_title }}"
    )
    confirmation_text = models.TextField(
        "text of the confirmation",
        default=CONFIRMATION,
        help_text="Plain text with tokens: {{ contact.first_name }}, {{ event_title }}, {{ event_when }}, {{ event_where }}, {{ event_url }}.",
    )
    published_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="event_ends_after_it_starts", condition=models.Q(ends_at__gt=models.F("starts_at"))
            ),
            models.CheckConstraint(
                name="event_live_has_a_form", condition=~models.Q(status="live") | ~models.Q(form=None)
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("marketing:event", args=[self.slug])

    @transition(status, source=EventStatus.DRAFT, target=EventStatus.LIVE)
    def publish(self, now: datetime) -> None:
        self.published_at = now

    @transition(status, source=EventStatus.LIVE, target=EventStatus.DONE)
    def finish(self) -> None:
        pass

    @transition(status, source=[EventStatus.DRAFT, EventStatus.LIVE], target=EventStatus.CANCELLED)
    def cancel(self) -> None:
        pass

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def place(self) -> str:
        """Where it is, for everybody: the link to join is not."""
        return self.location or (gettext("Online") if self.kind == self.Kind.WEBINAR else "")

    def is_over(self, now: datetime) -> bool:
        return self.ends_at <= now


class Speaker(models.Model):
    """Somebody who speaks at an event."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="speakers")
    name = models.CharField(max_length=120)
    title = models.CharField(max_length=160, blank=True, help_text="What they do, and where.")
    bio = models.TextField(blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name


class EventMaterial(models.Model):
    """Slides, a recording, something to read: what brings people back to /e/<slug>/materials/."""

    class Kind(models.TextChoices):
        SLIDES = "slides", _("Slides")
        RECORDING = "recording", _("Recording")
        READING = "reading", _("Reading")

    event = models.ForeignKey(Event, models.CASCADE, related_name="materials")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.SLIDES)
    label = models.CharField(max_length=200)
    description = models.CharField(max_length=300, blank=True)
    url = WebLink("link")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = "material"

    def __str__(self) -> str:
        return self.label


class RegistrationQuerySet(models.QuerySet):
    """A registration is seen by who sees the event and the person."""

    def visible_to(self, user: Any) -> Self:
        return self.reachable_by(user, "view")

    def reachable_by(self, user: Any, verb: str) -> Self:
        events = Event.objects.reachable_by(user, verb).values("pk")
        return self.filter(event__in=events, contact__in=Contact.objects.visible_to(user).values("pk"))

    def taking_a_seat(self) -> Self:
        return self.exclude(status=Registration.Status.CANCELLED)


class Registration(models.Model):
    """One person at one event, once. `number` counts how often they registered: cancelling and coming back is a new time."""

    class Status(models.TextChoices):
        REGISTERED = "registered", "Registered"
        CANCELLED = "cancelled", "Cancelled"
        ATTENDED = "attended", "Attended"

    event = models.ForeignKey(Event, models.CASCADE, related_name="registrations")
    contact = models.ForeignKey("crm.Contact", models.CASCADE, related_name="registrations")
    submission = models.ForeignKey("marketing.Submission", models.SET_NULL, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.REGISTERED)
    number = models.PositiveSmallIntegerField(default=1)
    registered_at = models.DateTimeField()

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        ordering = ["-registered_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["event", "contact"], name="registration_once_per_event_and_contact")
        ]
        indexes = [
            models.Index(fields=["event", "status", "registered_at"], name="registration_by_event"),
            models.Index(fields=["contact", "-registered_at"], name="registration_by_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.contact} at {self.event}"
