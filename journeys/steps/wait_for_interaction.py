"""Wait until somebody does something, or until the time is over. Looks back to the entry or to a step it names."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.db.models import Max

from crm.models import Contact
from journeys import sources
from journeys.models import Visit
from journeys.steps.batch import Answer, Batch
from journeys.steps.kind import Foretold, Outcome, Params, StepKind, register
from journeys.steps.wait_for import AmountForm, in_words, span

HAPPENED, TIMED_OUT = "happened", "timed_out"


class InteractionForm(AmountForm):
    kind = forms.ChoiceField(label="Wait until the person has", choices=sources.behaviours)
    source = sources.SourceField(label="On")
    since = forms.CharField(
        label="Counting from",
        required=False,
        initial="entry",
        help_text="What happened between then and now counts too.",
    )
    step_fields = {"since": [("entry", "The beginning of the journey"), ("arrival", "Arrival at this step")]}
    field_order = ["kind", "source", "amount", "unit", "since"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["amount"].label = "At most"

    def clean_since(self) -> str:
        return self.cleaned_data["since"] or "entry"


def summary(params: Params) -> str:
    return f"{sources.in_words(params.get('kind', ''), params.get('source', ''))}, at most {in_words(params)}"


def run(batch: Batch, now: datetime) -> Answer:
    """The reader of the log makes people due (journeys/listening.py); whether it happened is asked here, by one query."""
    last = last_time(batch.params, batch.contacts)
    since = _since(batch)
    answer = Answer()
    for person in batch.people:
        over = person.arrived_at + span(batch.params)
        if person.contact in last and last[person.contact] >= since[person.id]:
            answer.leave(HAPPENED, [person.id])
        elif over <= now:
            answer.leave(TIMED_OUT, [person.id])
        else:
            answer.hold(over, [person.id])
    return answer


def last_time(params: Params, contacts: list[int]) -> dict[int, datetime]:
    """When each contact did it last."""
    rows = sources.interactions(params["kind"], params.get("source", "")).filter(contact__in=contacts)
    return dict(rows.order_by().values_list("contact").annotate(last=Max("occurred_at")))


def _since(batch: Batch) -> dict[int, datetime]:
    named = batch.params.get("since") or "entry"
    if named == "arrival":
        return {person.id: person.arrived_at for person in batch.people}
    at_entry = {person.id: person.entered_at for person in batch.people}
    if named == "entry":
        return at_entry
    visits = Visit.objects.filter(participant__in=batch.ids, node=named).order_by()
    return {**at_entry, **dict(visits.values_list("participant").annotate(last=Max("arrived_at")))}


def listens(params: Params) -> list[tuple[str, int | None, str]]:
    where = sources.split(params.get("source", "")) or ("", None)
    return [(where[0], where[1], params.get("kind", ""))]


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    last = last_time(params, [contact.pk]).get(contact.pk)
    if last is not None and last >= entered_at:
        return Foretold(HAPPENED, f"Has happened already, on {last:%-d %b %Y, %H:%M} UTC.", now)
    return Foretold(
        TIMED_OUT, f"Has not happened so far; after {in_words(params)} the time is over.", now + span(params)
    )


def outcomes(params: Params) -> list[Outcome]:
    return [Outcome(HAPPENED, "Yes"), Outcome(TIMED_OUT, "Not in time")]


def rests(params: Params, outcome: str) -> bool:
    """“Yes” may be answered at once by what lies in the past; only what counts from arrival takes time."""
    return outcome == TIMED_OUT or params.get("since") == "arrival"


register(
    StepKind(
        "wait_for_interaction",
        "Wait for",
        "ear",
        "Time",
        "Wait until the person registers, clicks or answers; go on at once when they do.",
        run,
        form=InteractionForm,
        outcomes=outcomes,
        summary=summary,
        rests=rests,
        listens=listens,
        foretell=foretell,
    )
)
