"""Put tags on people, or take them off; the history of each contact tells it, as after the same by hand."""

from __future__ import annotations

from datetime import datetime

from django import forms

from crm.actions.tags import LONGEST, tag_records, tags_of, untag_records
from crm.models import Contact
from crm.web.field_forms import TagsField
from journeys.steps.batch import NEXT, Answer, Batch
from journeys.steps.kind import Foretold, Params, StepForm, StepKind, register, words_of

ADD, REMOVE = "add", "remove"
MOST = 10


class TagsForm(StepForm):
    do = forms.ChoiceField(label="What", choices=[(ADD, "Put on"), (REMOVE, "Take off")], initial=ADD)
    tags = TagsField(label="Tags", help_text="Words, with commas between them. A tag that nobody used before is made.")

    def clean_tags(self) -> list[str]:
        names = list(dict.fromkeys(" ".join(name.split()) for name in self.cleaned_data["tags"]))
        if len(names) > MOST:
            raise forms.ValidationError(f"At most {MOST} tags in one step.")
        if any(len(name) > LONGEST for name in names):
            raise forms.ValidationError(f"A tag has at most {LONGEST} characters.")
        return names

    @classmethod
    def to_data(cls, params: Params) -> Params:
        return {**params, "tags": ", ".join(words_of(params, "tags"))}


def run(batch: Batch, now: datetime) -> Answer:
    """An inactive contact is read-only for a journey, too."""
    people = Contact.objects.filter(pk__in=batch.contacts, is_active=True).order_by("pk")
    change = tag_records if batch.params["do"] == ADD else untag_records
    change(list(people.select_for_update()), batch.params["tags"], by=None)
    return Answer.everyone(batch)


def summary(params: Params) -> str:
    names = ", ".join(words_of(params, "tags"))
    return f"{names} {'off' if params.get('do') == REMOVE else 'on'}" if names else ""


def foretell(params: Params, contact: Contact, entered_at: datetime, now: datetime) -> Foretold:
    has = {tag.name.casefold() for tag in tags_of([contact]).get(contact.pk, [])}
    if params["do"] == ADD:
        new = [name for name in params["tags"] if name.casefold() not in has]
        return Foretold(NEXT, f"Would get the tag {', '.join(new)}." if new else "Has it already.", now)
    gone = [name for name in params["tags"] if name.casefold() in has]
    return Foretold(NEXT, f"Would lose the tag {', '.join(gone)}." if gone else "Does not have it.", now)


register(
    StepKind(
        "change_tags",
        "Tags",
        "tags",
        "Records",
        "Put tags on people, or take them off.",
        run,
        form=TagsForm,
        summary=summary,
        foretell=foretell,
    )
)
