"""The contact action “Add to a list”."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from crm.hooks.registry import Text
from crm.models import User
from marketing.actions.segments import add_members
from marketing.models import Segment, SegmentMember


class ListForm(forms.Form):
    """Which list? Only those that the user may change are offered."""

    segment = forms.ModelChoiceField(Segment.objects.none(), label="List", empty_label="Choose a list…")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["segment"]
        field.queryset = Segment.objects.editable_by(user).filter(kind=Segment.Kind.STATIC)


def add_many_to_list(contacts: Collection[int], *, by: User, segment: Segment) -> dict[int, Text]:
    """The same for bulk work: {contact: why it was left out}."""
    members = SegmentMember.objects.filter(segment=segment, contact__in=contacts)
    known = set(members.values_list("contact", flat=True))
    add_members(segment, contacts, by=by)
    came = set(members.values_list("contact", flat=True))
    return {
        pk: _("It is on the list already.") if pk in known else _("It is not yours to add.")
        for pk in contacts
        if pk in known or pk not in came
    }


def add_to_list(contacts: Collection[int], *, by: User, segment: Segment) -> str:
    new = add_members(segment, contacts, by=by)
    known = len(contacts) - new
    return f"{new} added to “{segment}”." + (f" {known} were on it already, or are not yours to add." if known else "")
