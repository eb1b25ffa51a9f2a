"""A kind of record -> its FilterSet: every field can be filtered by, and pages, API and bulk use the same names.

    filterset_of(kind)                         every filter, for the API and its schema
    filterset_of(kind, ["owner", "city"])      only these, for a page: what is not asked costs nothing

Filters that are no field (“stalled”) are declared on `kind.filterset`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import django_filters
from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.field_operators import ME, MY_TEAM, PERIODS, Asker, Operator, name_of, operators_of, question, split
from crm.hooks.records import Field, RecordKind
from crm.models import Tag, Team, User
from crm.rules.compile import to_q
from crm.rules.forms import RuleField
from crm.rules.parse import Problem, check, parse

LONGEST = 500
MAX_DAYS = 36_500
SCHEMAS = {
    "some": {"type": "array", "items": {"type": "string"}},
    "number": {"type": "number"},
    "count": {"type": "integer", "minimum": 1, "maximum": MAX_DAYS},
    "yesno": {"type": "string", "enum": ["yes", "no"]},
    "period": {"type": "string", "enum": [name for name, _label in PERIODS]},
}
"""For OpenAPI, by what an operator takes; else a string."""


class FieldFilter(django_filters.Filter):
    """One field asked with one operator."""

    def __init__(self, kind: RecordKind, of: Field, op: Operator) -> None:
        self.kind, self.of, self.op = kind, of, op
        self._spectacular_annotation = {"field": SCHEMAS.get(op.takes, {"type": "string"})}
        super().__init__(field_name=of.name, label=f"{of.label} {op.label}")

    def __deepcopy__(self, memo: Any) -> FieldFilter:
        return FieldFilter(self.kind, self.of, self.op)

    @property
    def field(self) -> forms.Field:
        made = getattr(self, "_field", None)
        if made is None:
            made = self._field = input_for(self.of, self.op, asker_of(self.parent).user)
            made.label = self.label
        return made

    def filter(self, rows: QuerySet, value: Any) -> QuerySet:
        if value in (None, "", []):
            return rows
        return rows.filter(question(self.kind, self.of, self.op.name, value, asker_of(self.parent)))


class RuleFilter(django_filters.Filter):
    """The advanced filter: a stored rule over this kind of record, in which people may be “me”."""

    def __init__(self, kind: RecordKind) -> None:
        self.kind = kind
        super().__init__(label=_("Advanced filter"))

    def __deepcopy__(self, memo: Any) -> RuleFilter:
        return RuleFilter(self.kind)

    @property
    def field(self) -> forms.Field:
        return RuleOfReader(self.kind, asker_of(self.parent).user)

    def filter(self, rows: QuerySet, value: Any) -> QuerySet:
        if value in (None, "", {}):
            return rows
        asker = asker_of(self.parent)
        return rows.filter(to_q(parse(value, self.kind.name, me=asker.user), asker.now, asker.user))


class RuleOfReader(RuleField):
    def __init__(self, kind: RecordKind, user: Any) -> None:
        self.user = user
        super().__init__(of=kind.name, required=False)

    def problems_of(self, value: Any) -> list[Problem]:
        return check(value, self.of, me=self.user)


class SearchFilter(django_filters.CharFilter):
    def __init__(self, kind: RecordKind) -> None:
        self.kind = kind
        super().__init__(label=_("Search"))

    def __deepcopy__(self, memo: Any) -> SearchFilter:
        return SearchFilter(self.kind)

    def filter(self, rows: QuerySet, value: str) -> QuerySet:
        return self.kind.matching(rows, value) if value else rows


BESIDE_FIELDS = {"q": SearchFilter, "rule": RuleFilter}


def filterset_of(kind: RecordKind, names: Iterable[str] | None = None) -> Any:
    """The FilterSet class, made anew since fields may have joined. Names that are no filter are left out."""
    base = kind.filterset or django_filters.FilterSet
    declared = base.declared_filters
    if names is None:
        fields = {name_of(f, op): FieldFilter(kind, f, op) for f in kind.all_fields() for op in operators_of(f)}
        found: dict[str, Any] = {name: made(kind) for name, made in BESIDE_FIELDS.items()} | fields
    else:
        asked = set(names)
        found = {name: made for name in asked - set(declared) if (made := filter_named(kind, name))}
        found |= dict.fromkeys(set(declared) - asked)  # an attribute of None takes the inherited filter away
    meta = type("Meta", (), {"model": kind.model, "fields": []})
    return type(f"{kind.model.__name__}Filters", (base,), {**found, "Meta": meta})


def filter_named(kind: RecordKind, name: str) -> Any:
    """The filter of a field by its name (“city__contains”), or None."""
    if name in BESIDE_FIELDS:
        return BESIDE_FIELDS[name](kind)
    field_name, op_name = split(name)
    for field in kind.all_fields():
        if field.name == field_name:
            return next((FieldFilter(kind, field, op) for op in operators_of(field) if op.name == op_name), None)
    return None


def asker_of(filterset: Any) -> Asker:
    """Who asks: rows_of gives an Asker in place of the request."""
    request = filterset.request
    if isinstance(request, Asker):
        return request
    return Asker(getattr(request, "user", None), timezone.now())


def input_for(field: Field, op: Operator, user: Any) -> forms.Field:
    """The form's field that checks, and on a page shows, what is compared with."""
    match op.takes:
        case "some":
            return Some(field, user)
        case "number":
            return forms.DecimalField(required=False, max_digits=18)
        case "count":
            return forms.IntegerField(required=False, min_value=1, max_value=MAX_DAYS)
        case "period":
            return forms.ChoiceField(choices=[("", "–"), *PERIODS], required=False)
        case "moment" | "day":
            return DayOrMoment(required=False)
        case "yesno":
            return YesNo(required=False)
    return forms.CharField(required=False, max_length=LONGEST)


class YesNo(forms.ChoiceField):
    def __init__(self, **options: Any) -> None:
        super().__init__(choices=[("", "–"), ("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))], **options)

    def to_python(self, value: Any) -> str:
        said = str(value or "").strip().lower()
        return {"true": "yes", "1": "yes", "false": "no", "0": "no"}.get(said, said)

    def clean(self, value: Any) -> Any:
        said = super().clean(value)
        return None if said == "" else said == "yes"


class YesNoFilter(django_filters.Filter):
    """“yes” or “no”, for filters that are no field."""

    field_class = YesNo


class DayOrMoment(forms.Field):
    """A day as pages write it, or a moment as API clients do (ISO 8601; without a zone it is UTC)."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        if not text:
            return None
        try:
            found = parse_date(text) or parse_datetime(text)
        except ValueError:
            found = None
        if found is None:
            raise ValidationError(_("Write a day like 2026-11-30."))
        if isinstance(found, datetime) and timezone.is_naive(found):
            return timezone.make_aware(found, timezone.get_default_timezone())
        return found


class Some(forms.Field):
    """One or several of the field's choices: stored values, ids of records and people, names of tags."""

    widget = forms.SelectMultiple

    def __init__(self, field: Field, user: Any) -> None:
        super().__init__(required=False)
        self.of, self.user = field, user

    def to_python(self, value: Any) -> list[Any]:
        said = [text for one in value or [] if (text := str(one).strip())]
        return [self.one(text) for text in dict.fromkeys(said)]

    def one(self, text: str) -> Any:
        match self.of.kind:
            case "choice" | "choices":
                return self._choice(text)
            case "person" if text in (ME, MY_TEAM):
                return text
            case "person":
                return str(self._record(User.objects.all(), text).pk)
            case "lookup":
                return self._record(records_of(self.of, self.user), text).pk
        return self._tag(text)

    def _choice(self, text: str) -> Any:
        for value, _label in self.of.choices() if self.of.choices else ():
            if str(value) == text:
                return value
        raise self._unknown(text)

    def _record(self, rows: QuerySet, text: str) -> Model:
        found = rows.filter(pk=int(text)).first() if text.isascii() and text.isdigit() and len(text) < 19 else None
        if found is None:
            raise self._unknown(text)
        return found

    def _tag(self, text: str) -> str:
        if not Tag.objects.filter(name__iexact=text).exists():
            raise self._unknown(text)
        return text

    def _unknown(self, text: str) -> ValidationError:
        return ValidationError(_("“%(value)s” is not one of the choices.") % {"value": text[:60]})


def records_of(field: Field, user: Any) -> QuerySet:
    """The records that a lookup may point at, as far as the user sees them."""
    if field.to == "crm.team":
        return Team.objects.all()
    model: Any = apps.get_model(field.to)
    return model.objects.visible_to(user) if user is not None else model.objects.none()
