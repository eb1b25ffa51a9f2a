"""Tell another program: a signed POST of JSON, made by a job; people wait here for what it answers, for a while."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.custom_fields.definitions import fields_of
from crm.hooks import records
from crm.hooks.records import Field
from crm.models import Contact
from journeys.actions.calls import secret_for
from journeys.models import Call
from journeys.steps.batch import Answer, Batch, Person
from journeys.steps.kind import Foretold, Outcome, Params, StepKind, register, words_of
from journeys.steps.wait_for import AmountForm, in_words, span

CONTACT = "crm.contact"
KINDS = ("text", "longtext", "email", "phone", "url", "number", "money", "day", "moment", "choice", "choices", "yesno")
OUT_OF_TIME = "There was no answer in the time that the step gives it."
Status = Call.Status


def fields() -> dict[str, Field]:
    """What of a contact may be sent along."""
    known = [field for field in records.get(CONTACT).fields if field.is_column and field.kind in KINDS]
    return {field.name: field for field in [*known, *fields_of(CONTACT)] if field.kind in KINDS}


class WebhookForm(AmountForm):
    url = forms.CharField(
        label="Address", max_length=500, widget=forms.URLInput, help_text="It gets a POST of JSON for each person."
    )
    fields_sent = forms.MultipleChoiceField(
        label="What to send along",
        required=False,
        choices=lambda: [(name, str(field.label)) for name, field in fields().items()],
        widget=forms.CheckboxSelectMultiple,
        initial=["first_name", "last_name", "email"],
        error_messages={"invalid_choice": "“%(value)s” does not exist any more. Leave it out."},
    )
    field_order = ["url", "fields_sent", "amount", "unit"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].label = "Wait for its answer at most"
        self.fields["amount"].initial = 1
        given = self.data if self.is_bound else self.initial
        if (url := str(given.get("url") or "")) and _problem(url) is None:
            self.fields["url"].help_text = _signed_by(url)

    def clean_url(self) -> str:
        url = self.cleaned_data["url"]
        if problem := _problem(url):
            raise forms.ValidationError(problem)
        return url


def _problem(url: str) -> str | None:
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError:
        return "This is no web address, like https://example.com/hook."
    if urlsplit(url).username:
        return "A name or password in the address would stand in everybody's view. Check the signature instead."
    return None


def _signed_by(url: str) -> SafeString:
    said = (
        "Each call is signed: Tandem-Signature is t=…,v1=…, the HMAC-SHA256 of “t.body” with the secret <code>{}</code>"
    )
    return format_html(said, secret_for(url))


def run(batch: Batch, now: datetime) -> Answer:
    """Who comes gets a call; who waited leaves by what became of it. Two questions, whatever the number of people."""
    arrived = [person for person in batch.people if not person.is_waiting]
    _ask_for_calls(batch, arrived, now)
    answer = Answer()
    found = {(call.participant_id, call.visit): call for call in _calls(batch)}
    for person in batch.people:
        call, over = found.get((person.id, person.visit)), person.arrived_at + span(batch.params)
        if call and call.status != Status.DUE:
            _leave(answer, person, call)
        elif over > now:
            answer.hold(over, [person.id])
        elif call:
            call.status, call.answer, call.ended_at, call.claim = Status.FAILED, OUT_OF_TIME, now, ""
            call.save(update_fields=["status", "answer", "ended_at", "claim"])
            _leave(answer, person, call)
    return answer


def _calls(batch: Batch) -> Any:
    return Call.objects.filter(participant__in=batch.ids, node=batch.node).select_for_update()


def _leave(answer: Answer, person: Person, call: Call) -> None:
    answer.leave(str(call.status), [person.id])
    answer.details[person.id] = {"answer": call.answer, "tries": call.tries}


def _ask_for_calls(batch: Batch, people: list[Person], now: datetime) -> None:
    if not people:
        return
    wanted = [field for name, field in fields().items() if name in words_of(batch.params, "fields_sent")]
    contacts = Contact.objects.in_bulk([person.contact for person in people])
    Call.objects.bulk_create(
        [
            Call(
                participant_id=person.id,
                journey=batch.journey,
                node=batch.node,
                visit=person.visit,
                url=batch.params["url"],
                body=_body(batch, person, contacts[person.contact], wanted, now),
                due_at=now,
                made_at=now,
            )
            for person in people
        ],
        ignore_conflicts=True,
    )


def _body(batch: Batch, person: Person, contact: Contact, wanted: list[Field], now: datetime) -> dict[str, Any]:
    return {
        "id": batch.key(person),
        "event": "journey.step",
        "at": now.isoformat(),
        "journey": {"id": batch.journey.pk, "name": batch.journey.name, "version": batch.version.number},
        "step": batch.node,
        "contact": {"id": contact.pk, **{field.name: _plain(field.value_of(contact)) for field in wanted}},
    }


def _plain(value: Any) -> Any:
    """As JSON has it: days and moments as ISO 8601."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def outcomes(params: Params) -> list[Outcome]:
    return [
        Outcome("accepted", "Accepted"),
        Outcome("refused", "Refused"),
        Outcome("failed", "Failed or no answer"),
    ]


def summary(params: Params) -> str:
    return urlsplit(str(params.get("url") or "")).hostname or ""


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    why = f"Would call {summary(params)} and wait at most {in_words(params)} for its answer; here it says yes."
    return Foretold("accepted", why, now)


register(
    StepKind(
        "webhook",
        "Call a program",
        "webhook",
        "Records",
        "Tell another program of each person (a webhook), and go on by what it answers.",
        run,
        form=WebhookForm,
        outcomes=outcomes,
        summary=summary,
        rests=lambda params, outcome: False,
        foretell=foretell,
    )
)
