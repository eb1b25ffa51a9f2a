"""A person in the bin takes no step of a journey; brought back, they go on where they were, at their old due time."""

from __future__ import annotations

from django.db.models import CharField, F, Value
from django.db.models.functions import Concat, Substr
from django.utils import timezone

from crm.hooks import bin as hook
from crm.hooks.bin import BinRule, Ids
from journeys.models import Participant

HELD = "in the bin, was "
"""The outcome of those held so; behind it stands the status they had."""


def register_all() -> None:
    hook.register(BinRule("journeys.contact", "crm.contact", gone=hold, back=let_go_on))


def hold(contacts: Ids) -> None:
    inside = Participant.objects.active().filter(contact__in=contacts)
    was = Concat(Value(HELD), F("status"), output_field=CharField())
    inside.update(outcome=was, status=Participant.Status.EXITED, left_at=timezone.now())


def let_go_on(contacts: Ids) -> None:
    held = Participant.objects.filter(
        contact__in=contacts, status=Participant.Status.EXITED, outcome__startswith=HELD, due_at__isnull=False
    )
    held.update(status=Substr("outcome", len(HELD) + 1), outcome="", left_at=None)
