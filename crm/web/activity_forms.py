"""The small forms that log a note, a call, an email, a task, or book a meeting."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from crm.actions.activities import book_appointment, log_activity
from crm.actions.meeting_mails import Guest
from crm.actions.series import book_series, log_series
from crm.models import Activity, User
from crm.queries.timeline import Subject
from crm.recurrence import Repeat
from crm.web.repeat_fields import NAMES as REPEATS
from crm.web.repeat_fields import RepeatFields, chosen

MENTIONS = {"data-mentions": reverse_lazy("crm:mentions")}
"""Names are offered behind an @ (static/js/mentions.js)."""


class LocalDateTime(forms.DateTimeField):
    """A moment in the reader's zone, with the browser's own picker."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class StartsAndEnds(forms.Form):
    """When something begins and ends. The fields are the form's own."""

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = self.cleaned_data
        if facts.get("due_at") and facts.get("ends_at") and facts["ends_at"] < facts["due_at"]:
            self.add_error("ends_at", lazy("It cannot end before it starts."))
        return facts


class ActivityForm(forms.Form):
    """What all kinds share. `log` calls the action and answers the activity."""

    kind = ""
    title: Any = ""
    button: Any = lazy("Save")

    def __init__(self, *args: Any, subject: Subject | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subject = subject

    def log(self, *, by: Any, regarding: Any) -> Activity:
        return log_activity(kind=self.kind, by=by, regarding=regarding, **self.cleaned_data)

    def said(self, made: Activity) -> str:
        return _("Logged: %s") % made


def how_often(made: Activity) -> str:
    """“ It comes every week.”, where it comes again."""
    return " " + _("It comes %s.") % Repeat.of(made.series.rule).words if made.series else ""


def priority_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=lazy("Priority"), choices=Activity.Priority.choices, initial=Activity.Priority.NORMAL
    )


def reminder_field(initial: str = "") -> forms.ChoiceField:
    choices = [("", lazy("None")), *Activity.Reminder.choices]
    return forms.ChoiceField(label=lazy("Reminder"), choices=choices, required=False, initial=initial)


class NoteForm(ActivityForm):
    kind, title, button = "note", lazy("Note"), lazy("Save note")
    body = forms.CharField(
        label=lazy("Note"), widget=forms.Textarea(attrs={"rows": 3, "autofocus": True, **MENTIONS}), max_length=20_000
    )

    def log(self, *, by: Any, regarding: Any) -> Activity:
        body = self.cleaned_data["body"]
        first_line = body.strip().splitlines()[0]
        subject = first_line if len(first_line) <= 80 else f"{first_line[:79]}…"
        rest = "" if body.strip() == subject else body
        return log_activity(kind="note", subject=subject, body=rest, by=by, regarding=regarding)


class CallForm(ActivityForm):
    kind, title, button = "call", lazy("Phone call"), lazy("Log call")
    topic = forms.CharField(label=lazy("About"), max_length=200, widget=forms.TextInput(attrs={"autofocus": True}))
    direction = forms.ChoiceField(label=lazy("Direction"), choices=Activity.Direction.choices)
    outcome = forms.CharField(
        label=lazy("Outcome"), max_length=100, required=False, help_text=lazy("E.g. reached, left a message.")
    )
    due_at = LocalDateTime(
        label=lazy("When"), required=False, help_text=lazy("Empty: just now. In the future: a call to make.")
    )
    reminder = reminder_field()
    body = forms.CharField(
        label=lazy("What was said"),
        widget=forms.Textarea(attrs={"rows": 3, **MENTIONS}),
        required=False,
        max_length=20_000,
    )

    def log(self, *, by: Any, regarding: Any) -> Activity:
        facts = dict(self.cleaned_data)
        return log_activity(kind="call", subject=facts.pop("topic"), by=by, regarding=regarding, **facts)


class EmailForm(ActivityForm):
    kind, title, button = "email", lazy("Email"), lazy("Log email")
    topic = forms.CharField(label=lazy("Subject"), max_length=200, widget=forms.TextInput(attrs={"autofocus": True}))
    direction = forms.ChoiceField(label=lazy("Direction"), choices=Activity.Direction.choices)
    body = forms.CharField(
        label=lazy("Text"), widget=forms.Textarea(attrs={"rows": 4, **MENTIONS}), required=False, max_length=20_000
    )

    def log(self, *, by: Any, regarding: Any) -> Activity:
        facts = dict(self.cleaned_data)
        return log_activity(kind="email", subject=facts.pop("topic"), by=by, regarding=regarding, **facts)


class TaskForm(RepeatFields, ActivityForm):
    kind, title, button = "task", lazy("Task"), lazy("Add task")
    topic = forms.CharField(
        label=lazy("What is to do"), max_length=200, widget=forms.TextInput(attrs={"autofocus": True})
    )
    due_at = LocalDateTime(label=lazy("Due"), required=False)
    owner = forms.ModelChoiceField(
        label=lazy("For"), queryset=User.objects.filter(is_active=True), required=False, empty_label=lazy("Me")
    )
    priority, reminder = priority_field(), reminder_field()
    body = forms.CharField(
        label=lazy("Details"), widget=forms.Textarea(attrs={"rows": 2, **MENTIONS}), required=False, max_length=20_000
    )
    field_order = ("topic", "due_at", *REPEATS, "owner", "priority", "reminder", "body")

    def log(self, *, by: Any, regarding: Any) -> Activity:
        facts = dict(self.cleaned_data)
        repeat = chosen(facts)
        facts |= {"kind": "task", "subject": facts.pop("topic"), "regarding": regarding}
        return log_series(repeat, by=by, **facts) if repeat else log_activity(by=by, **facts)

    def said(self, made: Activity) -> str:
        return _("Planned: %s") % made + how_often(made)


class AppointmentForm(RepeatFields, ActivityForm):
    kind, title, button = "appointment", lazy("Meeting"), lazy("Book meeting")
    topic = forms.CharField(
        label=lazy("What it is about"), max_length=200, widget=forms.TextInput(attrs={"autofocus": True})
    )
    location = forms.CharField(
        label=lazy("Where"), max_length=200, required=False, help_text=lazy("A place, or the link of a video call.")
    )
    starts_at = LocalDateTime(label=lazy("Starts"))
    ends_at = LocalDateTime(label=lazy("Ends"), required=False, help_text=lazy("Empty: half an hour later."))
    reminder = reminder_field("15m")
    colleagues = forms.ModelMultipleChoiceField(
        label=lazy("Colleagues"),
        queryset=User.objects.filter(is_active=True),
        required=False,
        help_text=lazy("They take part. More people, also optional ones, are added on the page of the meeting."),
    )
    body = forms.CharField(
        label=lazy("Agenda"), widget=forms.Textarea(attrs={"rows": 2, **MENTIONS}), required=False, max_length=20_000
    )
    invite = forms.BooleanField(label=lazy("Mail the invitation with a calendar file"), required=False, initial=True)
    field_order = (
        "topic", "location", "starts_at", "ends_at", *REPEATS, "reminder", "colleagues", "body", "invite"
    )  # fmt: skip

    def __init__(self, *args: Any, subject: Subject | None, **kwargs: Any) -> None:
        super().__init__(*args, subject=subject, **kwargs)
        guest = subject.contact if subject else None
        if guest is not None and not guest.email:
            del self.fields["invite"]
        elif guest is not None:
            self.fields["invite"].label = _("Mail %(guest)s the invitation with a calendar file") % {"guest": guest}

    def log(self, *, by: Any, regarding: Any) -> Activity:
        facts = dict(self.cleaned_data)
        repeat = chosen(facts)
        starts = facts.pop("starts_at")
        ends = facts.pop("ends_at") or starts + timedelta(minutes=30)
        guests = [Guest(user=user) for user in facts.pop("colleagues")]
        facts |= {
            "guests": guests, "subject": facts.pop("topic"), "starts_at": starts, "ends_at": ends,
            "regarding": regarding, "invite": facts.pop("invite", False),
        }  # fmt: skip
        return book_series(repeat, by=by, **facts) if repeat else book_appointment(by=by, **facts)

    def said(self, made: Activity) -> str:
        if made.guest_invited_at:
            addresses = ", ".join(guest.email for guest in made.attendees.select_related("contact", "user"))
            return _("Booked. The invitation goes to %s.") % addresses + how_often(made)
        return _("Booked: %s") % made + how_often(made)


FORMS: dict[str, type[ActivityForm]] = {
    form.kind: form for form in (NoteForm, CallForm, EmailForm, TaskForm, AppointmentForm)
}


def form_for(kind: str, request: HttpRequest, subject: Subject | None) -> ActivityForm:
    """The form of this kind; a meeting begins when the calendar was clicked (`starts_at`), else at the next full hour."""
    hour = timezone.localtime().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    initial = {"starts_at": _asked(request) or hour} if kind == "appointment" else {}
    return FORMS[kind](request.POST or None, subject=subject, initial=initial)


def _asked(request: HttpRequest) -> datetime | None:
    """The slot of the calendar that was clicked, local to the reader."""
    try:
        return parse_datetime(request.GET.get("starts_at", "")[:16])
    except ValueError:
        return None
