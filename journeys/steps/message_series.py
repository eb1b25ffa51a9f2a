"""Reminders: one message after another, with a gap between them, until the person does what they are reminded of."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Count, Max

from crm.models import Contact
from journeys import sources
from journeys.models import Reminder
from journeys.names import all_rows
from journeys.steps import sending
from journeys.steps.batch import Answer, Batch, Person
from journeys.steps.growing import GrowingForm, parts_in
from journeys.steps.kind import Foretold, Outcome, Params, StepKind, register
from journeys.steps.wait_for import UNITS, in_words, span
from journeys.steps.wait_for_interaction import last_time
from marketing.models import MarketingEmail, TextMessage

HAPPENED, EXHAUSTED = "happened", "exhausted"


def messages() -> list[tuple[Any, Any]]:
    groups = []
    for name, label, model in (("email", "Emails", MarketingEmail), ("text", "Texts", TextMessage)):
        rows = [
            (f"{name}:{one.pk}", one.name if one.ready_version else f"{one.name} (draft)")
            for one in all_rows(model).values()
        ]
        groups.append((label, rows))
    return [("", "Choose a message…"), *groups]


class SeriesForm(GrowingForm):
    """`messages` is [{"what": “email:7”}], sent in their order."""

    part_label = "Message"
    most = 10
    kind = forms.ChoiceField(label="Until the person has", choices=sources.behaviours)
    source = sources.SourceField(label="On")
    amount = forms.DecimalField(
        label="Between two messages", min_value=1, max_value=1000, max_digits=6, decimal_places=2, initial=2,
        help_text="After the last one, so long is waited once more.",
    )  # fmt: skip
    unit = forms.ChoiceField(
        label="Unit", choices=[(u, u) for u in UNITS if u not in ("seconds", "minutes")], initial="days"
    )

    def part_fields(self, index: int) -> dict[str, forms.Field]:
        return {"what": forms.ChoiceField(label="What is sent", choices=messages)}

    @classmethod
    def to_data(cls, params: Params) -> Params:
        return {**params, **cls.data_of(parts_in(params, "messages"))}

    def to_params(self) -> Params:
        values = {name: self.cleaned_data[name] for name in self.own if self.cleaned_data.get(name) not in (None, "")}
        return {**values, "amount": float(values["amount"]), "messages": self.cleaned_parts("what")}

    def clean(self) -> Params:
        values = super().clean() or {}
        for index, part in enumerate(self.cleaned_parts("what")):
            if part["what"] and (problem := sending.not_ready(sending.content_named(part["what"])[2])):
                self.add_error(f"what_{index}", problem)
        return values


def run(batch: Batch, now: datetime) -> Answer:
    """Three questions and one statement a message, whatever the number of people."""
    listed, gap = parts_in(batch.params, "messages"), span(batch.params)
    last, sent = last_time(batch.params, batch.contacts), _sent(batch)
    answer = Answer()
    next_ones: dict[int, list[Person]] = defaultdict(list)
    for person in batch.people:
        many, at = sent.get((person.id, person.visit), (0, None))
        if person.contact in last and last[person.contact] >= person.arrived_at:
            answer.leave(HAPPENED, [person.id])
        elif at and at + gap > now:
            answer.hold(at + gap, [person.id])
        elif many >= len(listed):
            answer.leave(EXHAUSTED, [person.id])
        else:
            next_ones[many].append(person)
        answer.details[person.id] = {"messages": many}
    for number, people in next_ones.items():
        _send(replace(batch, people=people), listed[number]["what"], number + 1, now, answer)
    return answer


def _sent(batch: Batch) -> dict[tuple[int, int], tuple[int, datetime]]:
    """{(participant, visit): (how many messages, when the last one)}."""
    rows = Reminder.objects.filter(participant__in=batch.ids, node=batch.node).order_by()
    found = rows.values_list("participant", "visit").annotate(many=Count("pk"), last=Max("at"))
    return {(participant, visit): (many, last) for participant, visit, many, last in found}


def _send(batch: Batch, what: str, number: int, now: datetime, answer: Answer) -> None:
    name, channel, content = sending.content_named(what)
    queued = sending.queue_batch(batch, content, name=f"marketing.{name}", channel=channel, turn=number)
    answer.failures |= queued.failures
    going = [person for person in batch.people if person.id not in queued.failures]
    Reminder.objects.bulk_create(
        [
            Reminder(participant_id=person.id, node=batch.node, visit=person.visit, number=number, at=now)
            for person in going
        ],
        ignore_conflicts=True,
    )
    answer.hold(now + span(batch.params), (person.id for person in going))


def listens(params: Params) -> list[tuple[str, int | None, str]]:
    where = sources.split(params.get("source", "")) or ("", None)
    return [(where[0], where[1], params.get("kind", ""))]


def summary(params: Params) -> str:
    many = len(parts_in(params, "messages"))
    until = sources.in_words(params.get("kind", ""), params.get("source", ""))
    return f"up to {many}, {in_words(params)} apart, until: {until}" if many and params.get("amount") else ""


def outcomes(params: Params) -> list[Outcome]:
    return [Outcome(HAPPENED, "Did it"), Outcome(EXHAUSTED, "Not after the last one")]


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    listed = parts_in(params, "messages")
    names = ", ".join(f"“{sending.content_named(part['what'])[2]}”" for part in listed)
    why = f"Would send {names}, {in_words(params)} apart; it has not happened so far."
    return Foretold(EXHAUSTED, why, now + len(listed) * span(params))


register(
    StepKind(
        "message_series",
        "Remind",
        "repeat",
        "Messages",
        "Send one message after another, with a gap between them, until the person does something.",
        run,
        form=SeriesForm,
        outcomes=outcomes,
        summary=summary,
        rests=lambda params, outcome: True,
        listens=listens,
        foretell=foretell,
    )
)
