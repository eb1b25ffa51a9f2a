"""Send an email of marketing."""

from __future__ import annotations

from datetime import datetime

from django import forms

from crm.models import Contact
from journeys.names import all_rows, name_of, quoted, row_of
from journeys.steps import sending
from journeys.steps.batch import Answer, Batch
from journeys.steps.kind import Foretold, Params, StepForm, StepKind, register
from marketing.models import MarketingEmail


def emails() -> list[tuple[object, str]]:
    found = all_rows(MarketingEmail).values()
    return [("", "Choose an email…"), *((e.pk, e.name if e.ready_version else f"{e.name} (draft)") for e in found)]


class EmailForm(StepForm):
    email = forms.TypedChoiceField(label="Email", coerce=int, choices=emails)

    def clean_email(self) -> int:
        problem = sending.not_ready(_email(self.cleaned_data))
        if problem:
            raise forms.ValidationError(problem)
        return int(self.cleaned_data["email"])


def _email(params: Params) -> MarketingEmail | None:
    return row_of(MarketingEmail, params.get("email"))


def run(batch: Batch, now: datetime) -> Answer:
    return sending.queue_batch(batch, _email(batch.params), name="marketing.email", channel="email")


def summary(params: Params) -> str:
    return quoted(name_of(MarketingEmail, params.get("email")))


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    return sending.foretell_sending(_email(params), "email", contact, now)


register(
    StepKind(
        "send_email",
        "Send email",
        "mail",
        "Messages",
        "Queue an email; consent and limits decide at the moment of sending.",
        run,
        form=EmailForm,
        summary=summary,
        foretell=foretell,
    )
)
