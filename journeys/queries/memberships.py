"""What rules ask of journeys: who is in one now, who ever was, who went through to its end; and the rows that say so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.hooks.attributes import Attribute, Proof
from crm.rules.columns import among
from journeys.models import Journey, Participant

MOST_PROOF = 20


def attributes() -> list[Attribute]:
    """Of one person there may be several journeys at a time, so each is a question about several."""
    ways = {
        "journey": (gettext_lazy("Is in journey"), Participant.objects.active()),
        "journey_ever": (gettext_lazy("Was ever in journey"), Participant.objects.all()),
        "journey_finished": (
            gettext_lazy("Went through journey"),
            Participant.objects.filter(status=Participant.Status.DONE),
        ),
    }
    return [
        Attribute(
            name, label, "several", partial(_in_journeys, rows), gettext_lazy("Marketing"), choices, proof=_proof(rows)
        )
        for name, (label, rows) in ways.items()
    ]


def choices() -> list[tuple[int, str]]:
    """Ended ones, too: who was in them is known for ever."""
    return list(Journey.objects.alive().order_by("name", "pk").values_list("pk", "name"))


def _in_journeys(rows: QuerySet[Participant], op: str, value: Any) -> Q:
    def inside(*journeys: int) -> Q:
        return among("pk", rows.filter(journey__in=journeys) if journeys else rows, "contact_id")

    match op:
        case "has_any_of":
            return inside(*value)
        case "has_none_of":
            return ~inside(*value)
        case "has_all_of":
            every = Q()
            for journey in value:
                every &= inside(journey)
            return every
        case "is_filled":
            return inside()
        case "is_empty":
            return ~inside()
    raise LookupError(f"Journeys cannot be tested with “{op}”.")


def _proof(rows: QuerySet[Participant]) -> Callable[[int, Any, Any], Sequence[Proof]]:
    def proof(contact: int, value: Any, _subject: Any) -> list[Proof]:
        found = rows.filter(contact=contact).select_related("journey").order_by("-pk")
        if value:
            found = found.filter(journey__in=value)
        return [_said(one) for one in found[:MOST_PROOF]]

    return proof


def _said(one: Participant) -> Proof:
    words = _("%(journey)s: %(state)s") % {"journey": one.journey, "state": one.get_status_display().lower()}
    return Proof(words, one.entered_at, reverse("admin:journeys_journey_diary", args=[one.journey_id, one.pk]))
