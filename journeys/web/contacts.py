"""What journeys shows and offers on a contact: the journeys they are in, and “Add to journey”."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.hooks.registry import Text
from crm.models import Contact, User
from journeys.actions.participants import add_contacts
from journeys.models import Journey, Participant

SHOWN = 5


class AddForm(forms.Form):
    """Which journey? Those that run and are seen by the user."""

    journey = forms.ModelChoiceField(
        Journey.objects.none(),
        label="Journey",
        help_text="They begin at its first step. Only journeys that run are listed.",
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["journey"].queryset = Journey.objects.visible_to(user).running()  # type: ignore[attr-defined]


def add_to_journey(contact_ids: list[int], *, by: User, journey: Journey) -> str:
    """The contact action: answers what happened, in a sentence."""
    came = add_contacts(journey, contacts=contact_ids, by=by)
    if came == len(contact_ids):
        return f"{came} added to “{journey}”." if came != 1 else f"Added to “{journey}”."
    stayed = len(contact_ids) - came
    return f"{came} added to “{journey}”; {stayed} left out, because the journey does not take them a second time."


def add_many_to_journey(contact_ids: list[int], *, by: User, journey: Journey) -> dict[int, Text]:
    """The same for bulk work: {contact: why it was left out}."""
    inside = Participant.objects.filter(journey=journey, contact__in=contact_ids)
    known = set(inside.values_list("pk", flat=True))
    add_contacts(journey, contacts=contact_ids, by=by)
    came = set(inside.exclude(pk__in=known).values_list("contact", flat=True))
    return {pk: _("The journey does not take it a second time.") for pk in contact_ids if pk not in came}


def render_panel(request: HttpRequest, contact: Contact) -> SafeString | str:
    """The journeys of a contact that the reader may see, the newest first."""
    found = list(
        Participant.objects.filter(contact=contact, journey__in=Journey.objects.visible_to(request.user))
        .select_related("journey", "version")
        .order_by("-pk")[:SHOWN]
    )
    if not found:
        return ""
    return render_to_string(
        "journeys/contacts/_panel.html", {"participants": found, "opens": request.user.is_staff}, request
    )
