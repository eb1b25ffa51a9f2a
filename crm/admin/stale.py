"""Two people edit one thing in the admin: the later one sees both versions, and nothing typed is lost.

A form carries what its reader saw, a digest a field and one for each kind of row beside them. Where somebody has changed
a field by the time it is saved, nothing is saved: what stands there now and what was typed are shown side by side, and
saving again puts one's own over theirs. It works for whatever has a form, with a version or without.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from crm.web.pages import Conflict

SEEN = "seen"


class SeenForm(forms.BaseForm):
    """Mixin, named first: a form of something that exists. `conflicts` is what somebody else changed meanwhile."""

    conflicts: list[Conflict]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conflicts = []
        rows = {name: digest(_values(rows)) for name, rows in self.rows_beside().items()}
        fields = {name: digest(self.get_initial_for_field(field, name)) for name, field in self.fields.items()}
        self._now = {**fields, **rows}
        self.fields[SEEN] = forms.CharField(
            required=False, widget=forms.HiddenInput, initial=json.dumps(self._now), label=""
        )

    def rows_beside(self) -> Mapping[str, QuerySet]:
        """Rows that are edited together with this form, by what a reader calls them."""
        return {}

    def clean(self) -> Any:
        cleaned = super().clean()
        self.cleaned_data.pop(SEEN, None)
        self.conflicts = list(self._conflicts())
        if self.conflicts:
            posted: Any = self.data
            self.data = posted.copy()  # what a QueryDict answers to, it can be changed
            self.data[self.add_prefix(SEEN)] = json.dumps(self._now)  # type: ignore[index]
            raise ValidationError(_("Somebody else saved this while you were editing."), code="stale")
        return cleaned

    def _conflicts(self) -> Iterator[Conflict]:
        """What differs both from what was seen and from what was typed."""
        seen = _read(self.data.get(self.add_prefix(SEEN)))
        theirs = [name for name, now in self._now.items() if seen.get(name, now) != now]
        rows = self.rows_beside()
        for name in theirs:
            if name in rows:
                yield Conflict(name, ", ".join(map(str, rows[name])), _("As below"))
            elif name in self.changed_data and name in self.fields:
                field = self.fields[name]
                saved, typed = self.get_initial_for_field(field, name), self.cleaned_data.get(name, self[name].data)
                yield Conflict(str(self[name].label), in_words(field, saved), in_words(field, typed))


@contextmanager
def alone_with(request: HttpRequest, model: type[Model], pk: str | None) -> Iterator[None]:
    """While a form of this record is saved, nobody else saves another one. Reading holds nobody up."""
    key = None
    with suppress(ValidationError):
        key = model._meta.pk.to_python(unquote(pk)) if pk and request.method == "POST" else None
    if key is None:
        yield
        return
    with transaction.atomic():
        model._base_manager.select_for_update().filter(pk=key).values("pk").first()
        yield


def digest(value: Any) -> str:
    """Equal for equal values, whether they come from a form or from the database."""
    text = json.dumps(_plain(value), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def in_words(field: forms.Field, value: Any) -> str:
    """A field's value as a reader sees it. A widget that shows something of its own says it by `in_words`."""
    if value is None or value == "" or value == []:
        return ""
    if hasattr(field.widget, "in_words"):
        return str(field.widget.in_words(value))
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        moment = timezone.localtime(value) if timezone.is_aware(value) else value
        return str(formats.date_format(moment, "DATETIME_FORMAT"))
    if isinstance(value, (list, tuple, QuerySet)):
        return ", ".join(in_words(field, one) for one in value)
    if isinstance(field, forms.ModelChoiceField) and field.queryset is not None and not isinstance(value, Model):
        return str(field.queryset.model._base_manager.filter(pk=value).first() or "")
    if isinstance(field, forms.ChoiceField):
        return str(_labels(field.choices).get(str(value), value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def _labels(choices: Any) -> dict[str, Any]:
    """The labels of choices, groups opened."""
    found: dict[str, Any] = {}
    for value, label in choices:
        found.update(_labels(label) if isinstance(label, (list, tuple)) else {str(value): label})
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, QuerySet):
        value = list(value)
    if isinstance(value, (list, tuple)):
        plain = [_plain(one) for one in value]
        return sorted(plain, key=str) if any(isinstance(one, Model) for one in value) else plain
    return "" if value is None else value


def _values(rows: QuerySet) -> list[list[Any]]:
    """Without their keys: rows that were written anew as they stood are the same."""
    names = [field.attname for field in rows.model._meta.concrete_fields if not field.primary_key]
    return [list(row) for row in rows.order_by("pk").values_list(*names)]


def _read(text: Any) -> dict[str, str]:
    try:
        seen = json.loads(text or "{}")
    except ValueError:
        return {}
    return seen if isinstance(seen, dict) else {}
