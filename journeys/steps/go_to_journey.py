"""Send people into another journey as well. Chains of journeys have a depth, so that a circle of them ends visibly."""

from __future__ import annotations

from datetime import datetime

from django import forms

from crm.models import Contact
from journeys import entering
from journeys.models import OVER, Journey
from journeys.names import name_of, quoted
from journeys.steps.batch import NEXT, Answer, Batch
from journeys.steps.kind import Foretold, Params, StepForm, StepKind, register

DEEPEST = 5


class JourneyForm(StepForm):
    journey = forms.TypedChoiceField(
        label="Journey",
        coerce=int,
        choices=lambda: [
            ("", "Choose a journey…"),
            *Journey.objects.alive().exclude(status__in=OVER).values_list("pk", "name"),
        ],
    )


def run(batch: Batch, now: datetime) -> Answer:
    answer = Answer()
    journey = Journey.objects.running().select_related("live_version").filter(pk=batch.params["journey"]).first()
    too_deep = {person.id for person in batch.people if person.depth >= DEEPEST}
    answer.failures = dict.fromkeys(
        too_deep, f"Journeys lead into each other more than {DEEPEST} deep; this chain ends here."
    )
    going = [person for person in batch.people if person.id not in too_deep]
    if journey is None:
        answer.failures |= {person.id: "The journey to go on in is not live." for person in going}
        return answer
    entering.admit(
        journey,
        [entering.Arrival(p.contact, batch.key(p), now, depth=p.depth + 1) for p in going],
        now,
    )
    answer.leave(NEXT, (person.id for person in going))
    return answer


def summary(params: Params) -> str:
    return quoted(name_of(Journey, params.get("journey")))


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    return Foretold(NEXT, f"Would also begin {summary(params)}.", now)


register(
    StepKind(
        "go_to_journey",
        "Begin another journey",
        "route",
        "Flow",
        "People go on here and begin another journey as well.",
        run,
        form=JourneyForm,
        summary=summary,
        foretell=foretell,
    )
)
