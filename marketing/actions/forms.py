"""An answer to a form: the person captured, the answer kept, consent written down, sales told. Twice is once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.actions.consent import give_consent
from crm.actions.contacts import capture_contact, lock_address
from crm.actions.opt_ins import ask_to_confirm
from crm.audit import changing
from crm.errors import NotAllowed
from crm.hooks import handover
from crm.log.recording import record
from crm.models import Contact, Purpose, Topic
from crm.phones import normal_phone
from marketing.actions.registrations import register_for_event
from marketing.actions.visits import recognise
from marketing.answers import AnswerForm
from marketing.fields import FormField
from marketing.models import Event, Form, Submission

if TYPE_CHECKING:
    from crm.models import User


@dataclass(frozen=True)
class Envelope:
    """How an answer came. `token` names the page that was filled in: the same answer from the same page is one submission.

    `language` is the one that the page spoke.
    """

    token: str
    visitor: str = ""
    page: str = ""
    ip_hash: str = ""
    user_agent: str = ""
    language: str = ""

    def key(self, values: dict[str, Any]) -> str:
        digest = hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()
        return f"{self.token[:60]}:{digest[:40]}"


@transaction.atomic
def submit_answer(form: Form, answer: AnswerForm, envelope: Envelope, *, by: User | None = None) -> Submission:
    """Take a valid answer in. The same answer posted again from the same page answers the first submission.

    Where the form registers for an event, it does so here. Raises NotAllowed where the form or the event takes nobody.
    """
    facts, values = answer.facts(), answer.stored()
    lock_address(facts["email"].strip().lower())
    key = envelope.key(values)
    if known := Submission.objects.filter(key=key).first():
        return known
    if not form.is_open:
        raise NotAllowed(_("This form takes no more answers."))
    with changing("form", about=form.name, of=form):
        return _take_in(form, answer, facts, values, key, envelope, by)


def _take_in(
    form: Form,
    answer: AnswerForm,
    facts: dict[str, Any],
    values: dict[str, Any],
    key: str,
    envelope: Envelope,
    by: User | None,
) -> Submission:
    contact, _is_new = capture_contact(**facts, origin=f"Form: {form.name}", by=by)
    submission = Submission.objects.create(
        form=form,
        contact=contact,
        campaign_id=campaign_of(form),
        values=values,
        key=key,
        ip_hash=envelope.ip_hash,
        user_agent=envelope.user_agent[:300],
        page=envelope.page[:500],
    )
    recognise(envelope.visitor, contact)
    _tell(submission, envelope, by)
    _write_consent(submission, answer, envelope.language)
    if event := event_of(form):
        register_for_event(event, contact, submission=submission, by=by)
    if form.creates_lead:
        _hand_over(submission)
    return submission


def keep_bots_answer(form: Form, raw: dict[str, str], envelope: Envelope) -> Submission:
    """A bot is told nothing and causes nothing, but what it sent is kept, so that a mistake can be seen."""
    values = {name: value[:1000].replace("\x00", "") for name, value in raw.items()}
    submission, _is_new = Submission.objects.get_or_create(
        key=envelope.key(values),
        defaults={
            "form": form,
            "values": values,
            "verdict": Submission.Verdict.BOT,
            "ip_hash": envelope.ip_hash,
            "user_agent": envelope.user_agent[:300],
            "page": envelope.page[:500],
        },
    )
    return submission


def event_of(form: Form) -> Event | None:
    """The event that this form registers for, if it does."""
    return Event.objects.alive().filter(form=form).first()


def campaign_of(form: Form) -> int | None:
    """The form's own campaign, or that of its event."""
    if form.campaign_id:
        return form.campaign_id
    return Event.objects.filter(form=form).values_list("campaign", flat=True).first()


def _tell(submission: Submission, envelope: Envelope, by: User | None) -> None:
    record(
        "form.submitted",
        contact=submission.contact_id,
        visitor=envelope.visitor,
        source=submission.form,
        campaign=submission.campaign_id,
        by=by,
        data={"submission": submission.pk, "form": submission.form.name, "page": submission.page},
        key=f"submission:{submission.pk}",
        verdict="human",
        verdict_version=1,
    )


def _write_consent(submission: Submission, answer: AnswerForm, language: str) -> None:
    contact = submission.contact
    assert contact is not None
    proof = {
        "submission": submission.pk,
        "page": submission.page,
        "network": submission.ip_hash,
        "browser": submission.user_agent,
        "language": language,
    }
    waiting = [f for f in answer.agreed() if _must_be_confirmed(submission.form, f)]
    if waiting:
        ask_to_confirm(
            answer.facts()["email"],
            [{"purpose": field.purpose, "topic": field.topic, "text": field.text} for field in waiting],
            source=f"Form: {submission.form.name}",
            proof=proof,
            key=f"submission:{submission.pk}",
            now=timezone.now(),
        )
    for field in answer.agreed():
        if field in waiting:
            continue
        if address := _address_for(field, contact, answer):
            give_consent(
                address,
                channel=field.channel,
                purpose=field.purpose,
                topic=Topic.objects.filter(pk=field.topic).first() if field.topic else None,
                source=f"Form: {submission.form.name}"[:100],
                text_shown=field.text,
                proof=proof,
            )


def _must_be_confirmed(form: Form, field: FormField) -> bool:
    """Only a mail address can be confirmed by mail."""
    return form.confirms_by_mail and field.channel == "email" and field.purpose != Purpose.TRANSACTIONAL


def _address_for(field: FormField, contact: Contact, answer: AnswerForm) -> str:
    """The number or address that was typed with the tick: consent is for that one."""
    facts = answer.facts()
    if field.channel == "email":
        return facts["email"]
    return normal_phone(facts.get("phone", ""), facts.get("country") or contact.country)


def _hand_over(submission: Submission) -> None:
    form = submission.form
    answers = {field.label: submission.values[field.name] for field in form.definition if submission.values[field.name]}
    handover.hand_over(
        [
            handover.Request(
                key=f"submission:{submission.pk}",
                contact=submission.contact_id or 0,
                topic=form.name,
                campaign=submission.campaign_id,
                source=f"Form: {form.name}",
                details={"answers": answers},
            )
        ]
    )
