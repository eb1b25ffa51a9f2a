"""Send a text message of marketing."""

from __future__ import annotations

from datetime import datetime

from django import forms

from crm.models import Contact
from journeys.names import all_rows, name_of, quoted, row_of
from journeys.steps import sending
from journeys.steps.batch import Answer, Batch
from journeys.steps.kind import Foretold, Params, StepForm, StepKind, register
from marketing.models import TextMessage


def texts() -> list[tuple[object, str]]:
    found = all_rows(TextMessage).values()
    return [("", "Choose a text…"), *((t.pk, t.name if t.ready_version else f"{t.name} (draft)") for t in found)]


class SmsForm(StepForm):
    text = forms.TypedChoiceField(label="Text message", coerce=int, choices=texts)

    def clean_text(self) -> int:
        problem = sending.not_ready(_text(self.cleaned_data))
        if problem:
            raise forms.ValidationError(problem)
        return int(self.cleaned_data["text"])


def _text(params: Params) -> TextMessage | None:
    return row_of(TextMessage, params.get("text"))


def run(batch: Batch, now: datetime) -> Answer:
    return sending.queue_batch(batch, _text(batch.params), name="marketing.text", channel="sms")


def summary(params: Params) -> str:
    return quoted(name_of(TextMessage, params.get("text")))


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    return sending.foretell_sending(_text(params), "sms", contact, now)


register(
    StepKind(
        "send_sms",
        "Send SMS",
        "message",
        "Messages",
        "Queue a text message to the mobile number.",
        run,
        form=SmsForm,
        summary=summary,
        foretell=foretell,
    )
)
