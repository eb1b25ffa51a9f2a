"""What an action must know: the same form for the dialog of a page, the body of the API and a run that is carried on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Model
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.errors import Invalid
from crm.hooks import records
from crm.hooks.bulk_actions import BulkAction
from crm.models import User


def may_do(action: BulkAction, kind: str, user: User) -> bool:
    """May the user do this at all, on at least some row?"""
    return user.may(kind, action.verb) and (action.permission is None or user.may(*action.permission))


def form_of(action: BulkAction, kind: str, user: User, values: Mapping[str, Any] | None = None) -> forms.Form | None:
    """The action's form, bound where there are values; None where it needs to know nothing."""
    if action.form is None:
        return None
    made: forms.Form = action.form(records.get(kind), user, None if values is None else as_form_data(values))
    return made


def cleaned_by(action: BulkAction, kind: str, user: User, values: Mapping[str, Any]) -> forms.Form | None:
    """The valid form. Times are read in the user's zone, also by a job. Raises Invalid with the field."""
    with timezone.override(ZoneInfo(user.time_zone or "UTC")):
        form = form_of(action, kind, user, values)
        if form is not None and not form.is_valid():
            name, errors = next(iter(form.errors.items()))
            raise Invalid(str(errors[0]), field="" if name == "__all__" else f"values.{name}")
    return form


def as_form_data(values: Mapping[str, Any]) -> QueryDict:
    """What was typed, or came as JSON, as a form reads it: true is “yes”, nothing is empty."""
    data = QueryDict(mutable=True)
    for name, value in values.items():
        data.setlist(name, [_word(one) for one in value] if isinstance(value, list | tuple) else [_word(value)])
    return data


def as_values(data: QueryDict, without: Iterable[str] = ()) -> dict[str, Any]:
    """What was posted, to be stored with the run: a word, or a list of them."""
    left_out = {"csrfmiddlewaretoken", *without}
    return {
        name: words[0] if len(words) == 1 else words for name, words in data.lists() if name not in left_out and words
    }


def in_words(action: BulkAction, form: Any) -> str:
    """“Owner: Rita Rep”: what was answered, for the page of the run."""
    if form is None:
        return ""
    if hasattr(form, "words"):
        return str(form.words())[:300]
    said = [
        f"{form.fields[name].label}: {_said(form, name, value)}"
        for name, value in form.cleaned_data.items()
        if value not in (None, "", [], False)
    ]
    return " · ".join(said)[:300]


def _said(form: forms.Form, name: str, value: Any) -> str:
    if value is True:
        return _("yes")
    if isinstance(value, Model) or not hasattr(form.fields[name], "choices"):
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    choices: Any = form.fields[name].choices  # type: ignore[attr-defined]
    labels = {str(key): str(label) for key, label in choices}
    return ", ".join(labels.get(str(one), str(one)) for one in (value if isinstance(value, list | tuple) else [value]))


def _word(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
