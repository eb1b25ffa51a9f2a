"""Ask somebody whether a person may go on: under the bell, on “my work”, with two buttons; and not for ever."""

from __future__ import annotations

from datetime import datetime

from django import forms

from crm.actions.notifications import Note, tell
from crm.models import Contact, User
from journeys.models import Approval
from journeys.names import name_of
from journeys.steps import whom
from journeys.steps.batch import Answer, Batch, Person
from journeys.steps.kind import Foretold, Outcome, Params, StepKind, register
from journeys.steps.wait_for import AmountForm, in_words, span

LEAD = "lead"
WHO = [
    (whom.OWNER, "The owner of the contact"),
    (LEAD, "The manager of the owner's team"),
    (whom.USER, "One user"),
    (whom.TEAM, "The members of a team, in turn"),
]
Status = Approval.Status


class ApprovalForm(whom.WhoForm, AmountForm):
    who = forms.ChoiceField(label="Who decides", choices=WHO, required=False)
    question = forms.CharField(label="What is asked", max_length=200, help_text="Like “May they get the offer?”")
    field_order = ["question", "who", "user", "team", "otherwise", "amount", "unit"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].label, self.fields["amount"].initial = "Time to decide", 3
        self.fields["otherwise"].help_text = "Without anybody, whoever may change this journey decides."

    def to_params(self) -> Params:
        values = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        return {**values, "amount": float(values["amount"])}


def run(batch: Batch, now: datetime) -> Answer:
    """Who comes is asked about; who waited leaves by what was decided. The same questions for one and for a thousand."""
    _ask(batch, [person for person in batch.people if not person.is_waiting], now)
    rows = Approval.objects.filter(participant__in=batch.ids, node=batch.node).select_for_update(of=("self",))
    found = {(row.participant_id, row.visit): row for row in rows.select_related("decided_by")}
    late: list[int] = []
    answer = Answer()
    for person in batch.people:
        row = found[person.id, person.visit]
        if row.status == Status.WAITING and row.until > now:
            answer.hold(row.until, [person.id])
            continue
        if row.status == Status.WAITING:
            row.status = Status.LATE
            late.append(row.pk)
        answer.leave(str(row.status), [person.id])
        told = {"by": str(row.decided_by) if row.decided_by else "", "comment": row.comment}
        answer.details[person.id] = {name: text for name, text in told.items() if text}
    Approval.objects.filter(pk__in=late).update(status=Status.LATE, decided_at=now)
    return answer


def _ask(batch: Batch, people: list[Person], now: datetime) -> None:
    if not people:
        return
    deciders = approvers(batch)
    Approval.objects.bulk_create(
        [
            Approval(
                participant_id=person.id,
                journey=batch.journey,
                node=batch.node,
                visit=person.visit,
                question=batch.params["question"],
                approver_id=deciders[person.id],
                asked_at=now,
                until=now + span(batch.params),
            )
            for person in people
        ],
        ignore_conflicts=True,
    )
    asked = Approval.objects.filter(participant__in=[p.id for p in people], node=batch.node, status=Status.WAITING)
    tell([
        Note(one.approver_id, f"{one.question} {one.participant.contact} ({batch.journey.name})", one.get_absolute_url(),
             "shield-check", f"approval:{one.pk}", "approval")
        for one in asked.select_related("participant__contact") if one.approver_id
    ])  # fmt: skip


def approvers(batch: Batch) -> dict[int, int | None]:
    """{participant: user}."""
    if batch.params.get("who") != LEAD:
        return whom.owners(batch)
    rows = Contact.objects.filter(pk__in=batch.contacts, owner__team__manager__is_active=True).order_by()
    leads = dict(rows.values_list("pk", "owner__team__manager"))
    other = whom.at_work(batch.params.get("otherwise"))
    return {person.id: leads.get(person.contact) or other for person in batch.people}


def outcomes(params: Params) -> list[Outcome]:
    return [Outcome("approved", "Approved"), Outcome("declined", "Declined"), Outcome("late", "Not in time")]


def summary(params: Params) -> str:
    return f"“{params['question']}”" if params.get("question") else ""


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    who = whom.in_words(params, contact)
    if params.get("who") == LEAD:
        lead = contact.owner.team.manager if contact.owner and contact.owner.team else None
        who = str(lead or name_of(User, params.get("otherwise")) or "nobody yet")
    if who == "nobody yet":
        who = "whoever may change this journey"
    return Foretold("approved", f"Would ask {who}, for at most {in_words(params)}; here the answer is yes.", now)


register(
    StepKind(
        "approval",
        "Ask for approval",
        "shield-check",
        "People",
        "Somebody decides about each person whether they go on; they wait until then.",
        run,
        form=ApprovalForm,
        outcomes=outcomes,
        summary=summary,
        rests=lambda params, outcome: True,
        foretell=foretell,
    )
)
