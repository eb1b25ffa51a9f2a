"""The Django form that a definition describes: the page and the API judge an answer by the same one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crm.countries import countries
from crm.languages import as_shipped
from crm.phones import normal_phone
from marketing.fields import LONGEST, FormField

AUTOCOMPLETE = {
    "first_name": "given-name",
    "last_name": "family-name",
    "company": "organization",
    "job_title": "organization-title",
    "city": "address-level2",
    "email": "email",
    "phone": "tel",
    "country": "country",
}


class AnswerForm(forms.Form):
    """One answer. Built by `answer_form`, which knows the definition."""

    definition: tuple[FormField, ...] = ()

    def clean(self) -> dict[str, Any]:
        """Who wants texts must tell a number that can be reached from anywhere."""
        wants_texts = any(f.channel == "sms" and self.cleaned_data.get(f.name) for f in self.definition)
        number = next((f.name for f in self.definition if f.kind == "phone"), "")
        if wants_texts and number and number not in self.errors:
            typed = self.cleaned_data.get(number, "")
            if not typed:
                self.add_error(number, _("Please tell us the number that we may text."))
            elif not normal_phone(typed, self.facts().get("country", "")):
                self.add_error(number, _("Please write the number with its country code, like +49 151 2345678."))
        return self.cleaned_data

    def stored(self) -> dict[str, Any]:
        """The values as a submission keeps them."""
        return {field.name: self.cleaned_data[field.name] for field in self.definition}

    def facts(self) -> dict[str, str]:
        """What the answer says about the person, in the words of capture_contact."""
        told = {tells(field): str(self.cleaned_data.get(field.name, "")) for field in self.definition}
        return {fact: value for fact, value in told.items() if fact}

    def agreed(self) -> list[FormField]:
        """The consents that were ticked."""
        return [field for field in self.definition if field.kind == "consent" and self.cleaned_data[field.name]]


def tells(field: FormField) -> str:
    """Which fact about the person a field tells; "" where it is a question of its own."""
    return field.kind if field.kind in ("email", "phone", "country") else field.fills


def answer_form(definition: Iterable[FormField]) -> type[AnswerForm]:
    """A form class with one Django field for each field of the definition.

    What Tandem's own form asks is asked in the language that is on; what is agreed to is kept as it was read.
    """
    definition = tuple(
        replace(field, label=as_shipped(field.label), text=as_shipped(field.text)) for field in definition
    )
    fields = {field.name: MAKERS[field.kind](field) for field in definition}
    return type("AnswerForm", (AnswerForm,), {"definition": definition, **fields})


def prefill(definition: Iterable[FormField], contact: Any) -> dict[str, str]:
    """What we know already of a recognised person, for the fields that ask for it."""
    known = {
        "email": contact.email,
        "phone": contact.mobile or contact.phone,
        "country": contact.country,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "company": contact.account.name if contact.account_id else contact.company_name,
        "job_title": contact.job_title,
        "city": contact.city,
    }
    return {field.name: known[told] for field in definition if (told := tells(field)) and known[told]}


def _shared(field: FormField) -> dict[str, Any]:
    return {"label": field.label, "required": field.required, "help_text": escape(field.help)}


def _text_errors(field: FormField) -> dict[str, str]:
    longest = LONGEST[field.kind]
    return {
        "required": _("Please fill this in."),
        "max_length": _("This is too long: at most %(most)s characters.")
        % {"most": number_format(longest, force_grouping=True)},
    }


def _attributes(field: FormField) -> dict[str, str]:
    token = AUTOCOMPLETE.get(tells(field))
    return {"autocomplete": token} if token else {}


def _text(field: FormField) -> forms.Field:
    return forms.CharField(
        max_length=LONGEST["text"],
        widget=forms.TextInput(attrs=_attributes(field)),
        error_messages=_text_errors(field),
        **_shared(field),
    )


def _long_text(field: FormField) -> forms.Field:
    return forms.CharField(
        max_length=LONGEST["long_text"],
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages=_text_errors(field),
        **_shared(field),
    )


def _email(field: FormField) -> forms.Field:
    words = {**_text_errors(field), "invalid": _("This is not an email address. It looks like name@example.com.")}
    return forms.EmailField(
        max_length=LONGEST["email"],
        widget=forms.EmailInput(attrs=_attributes(field)),
        error_messages=words,
        **_shared(field),
    )


def _phone(field: FormField) -> forms.Field:
    return forms.RegexField(
        r"^\+?[0-9 ()./-]{5,}$",
        max_length=LONGEST["phone"],
        widget=forms.TextInput(attrs={**_attributes(field), "type": "tel", "inputmode": "tel"}),
        error_messages={
            **_text_errors(field),
            "invalid": _("A phone number has digits, spaces and + - ( ) only, like +49 151 2345678."),
        },
        **_shared(field),
    )


def _choice(field: FormField) -> forms.Field:
    choices = [("", _("Please choose")), *((choice, choice) for choice in field.choices)]
    words = {"required": _("Please choose one."), "invalid_choice": _("Please choose one of these.")}
    return forms.ChoiceField(choices=choices, error_messages=words, **_shared(field))


def _country(field: FormField) -> forms.Field:
    words = {"required": _("Please choose a country."), "invalid_choice": _("Please choose a country of the list.")}
    return forms.ChoiceField(
        choices=[("", _("Please choose")), *countries(get_language() or "en")],
        widget=forms.Select(attrs=_attributes(field)),
        error_messages=words,
        **_shared(field),
    )


def _checkbox(field: FormField) -> forms.Field:
    return forms.BooleanField(error_messages={"required": _("Please tick this to go on.")}, **_shared(field))


def _consent(field: FormField) -> forms.Field:
    """What is agreed to is the label itself, so that the text shown is the text stored."""
    shared = {**_shared(field), "label": field.text}
    return forms.BooleanField(error_messages={"required": _("Please tick this to go on.")}, **shared)


MAKERS: dict[str, Callable[[FormField], forms.Field]] = {
    "text": _text,
    "email": _email,
    "phone": _phone,
    "choice": _choice,
    "checkbox": _checkbox,
    "country": _country,
    "long_text": _long_text,
    "consent": _consent,
}
