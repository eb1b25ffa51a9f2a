"""Making, changing, ordering, retiring and deleting custom fields. No migration, no restart: the next request knows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.custom_fields.choices import clean_choices
from crm.custom_fields.definitions import read_again
from crm.custom_fields.usage import count_of, is_used
from crm.custom_fields.values import checked
from crm.errors import Invalid, NotAllowed
from crm.models import CustomField, User

MOST = 200
"""Fields a kind of record may have, retired ones among them: a page of more nobody fills in."""
Index = CustomField.Index


@transaction.atomic
def create_custom_field(
    *, kind: str, label: str, type: str, by: User | None, key: str = "", **more: Any
) -> CustomField:
    """A new field, the last of its kind. Without a `key` one is made of the label. Raises Invalid with the field it is about."""
    others = CustomField.objects.filter(kind=kind)
    if others.count() >= MOST:
        raise NotAllowed(_("A kind of record has at most %d custom fields. Delete one that is retired.") % MOST)
    last = others.aggregate(last=Max("order"))["last"]
    field = CustomField(kind=kind, type=type, created_by=by, order=0 if last is None else last + 1)
    field.key = key or free_key(kind, label)
    return _save(field, {"label": label, **more})


@transaction.atomic
def change_custom_field(field: CustomField, *, by: User | None, **news: Any) -> CustomField:
    """Change a definition. Its key stays for ever, and what it holds (its type) once a record has a value.

    Raises Invalid with the field it is about, NotAllowed while it is being deleted.
    """
    field = _locked(field)
    if news.get("key", field.key) != field.key or news.get("kind", field.kind) != field.kind:
        raise Invalid(_("The key of a field and its kind of record stay as they are."), field="key")
    is_another = any(news.get(name, getattr(field, name)) != getattr(field, name) for name in ("type", "to"))
    if is_another and is_used(field):
        raise Invalid(why_type_stays(field), field="type")
    if is_another and field.is_indexed:
        field.index_state, field.index_due_at = Index.WANTED, timezone.now()
    return _save(field, news)


def why_type_stays(field: CustomField) -> str:
    """The sentence for whoever would change what the field holds."""
    count = count_of(field)
    return ngettext(
        "%(count)d record has a value in this field, which is kept as “%(type)s”. Make a new field and retire this one.",
        "%(count)d records have a value in this field, which is kept as “%(type)s”. Make a new field and retire this one.",
        count,
    ) % {"count": count, "type": field.get_type_display()}


@transaction.atomic
def order_custom_fields(kind: str, ids: Sequence[int]) -> None:
    """Put the fields of a kind into this order; those not named keep theirs, behind."""
    rows = {row.pk: row for row in CustomField.objects.select_for_update().filter(kind=kind)}
    named = [rows.pop(pk) for pk in ids if pk in rows]
    for order, row in enumerate([*named, *rows.values()]):
        row.order = order
    CustomField.objects.bulk_update([*named, *rows.values()], ["order"])
    read_again()


@transaction.atomic
def retire_custom_field(field: CustomField, *, by: User | None) -> CustomField:
    """Hide it everywhere. Its values stay where they are, for when it is brought back."""
    field = _locked(field)
    field.is_retired = True
    return _saved(field)


@transaction.atomic
def restore_custom_field(field: CustomField, *, by: User | None) -> CustomField:
    """Show a retired field again, with the values that it had."""
    field = _locked(field)
    field.is_retired = False
    return _saved(field)


@transaction.atomic
def delete_custom_field(field: CustomField, *, by: User | None) -> None:
    """For good: a job takes the values out of all records, then the definition goes. Only what was retired before."""
    field = _locked(field)
    if not field.is_retired:
        raise NotAllowed(_("Retire “%s” first: whoever misses it, can still bring it back then.") % field)
    field.emptied_up_to = 0
    field.is_indexed = False
    _saved(field)


def _locked(field: CustomField) -> CustomField:
    locked = CustomField.objects.select_for_update().get(pk=field.pk)
    if locked.is_being_deleted:
        raise NotAllowed(_("“%s” is being deleted.") % locked)
    return locked


def _save(field: CustomField, news: dict[str, Any]) -> CustomField:
    for name, value in news.items():
        setattr(field, name, value)
    must_make_sense(field)
    return _saved(field)


def must_make_sense(field: CustomField) -> None:
    """Put a definition into its stored form. Raises Invalid with the field of the definition that is wrong."""
    if field.type != field.Type.LOOKUP:
        field.to = ""
    elif not field.to:
        raise Invalid(_("Choose what kind of record it points at."), field="to")
    field.choices = clean_choices(field)
    if field.lowest is not None and field.highest is not None and field.lowest > field.highest:
        raise Invalid(_("The lowest value is above the highest."), field="lowest")
    try:
        field.full_clean()
    except ValidationError as problem:
        name, errors = next(iter(problem.message_dict.items()))
        raise Invalid(errors[0], field="key" if name == "__all__" else name) from problem
    field.default = _default(field)


def _default(field: CustomField) -> Any:
    """Choices may be named by their labels, too."""
    labels = {one["label"].casefold(): one["value"] for one in field.choices}

    def stored(said: Any) -> Any:
        return labels.get(said.casefold(), said) if isinstance(said, str) else said

    said = field.default
    try:
        return checked(field, [stored(one) for one in said] if isinstance(said, list) else stored(said))
    except Invalid as problem:
        raise Invalid(problem.message, field="default") from None


def _saved(field: CustomField) -> CustomField:
    has_one = field.index_state in (Index.MAKING, Index.READY, Index.FAILED)
    if field.is_indexed and field.index_state in (Index.NONE, Index.UNWANTED):
        field.index_state, field.index_due_at, field.index_problem = Index.WANTED, timezone.now(), ""
    elif not field.is_indexed and field.index_state == Index.WANTED:
        field.index_state, field.index_due_at = Index.NONE, None
    elif not field.is_indexed and has_one:
        field.index_state, field.index_due_at, field.index_problem = Index.UNWANTED, timezone.now(), ""
    field.save()
    read_again()
    return field


def free_key(kind: str, label: str) -> str:
    """“Contract ends” -> contract_ends, with a number where that is taken."""
    words = re.sub("[-_]+", "_", slugify(label))[:36].strip("_")
    first = words if words[:1].isalpha() else f"field_{words}".strip("_")
    taken = set(CustomField.objects.filter(kind=kind).values_list("key", flat=True))
    return next(key for n in range(1, MOST + 2) if (key := first if n == 1 else f"{first}_{n}") not in taken)
