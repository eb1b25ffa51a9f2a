"""The choices of a field: each has a value that is stored and never changes, a label, perhaps a colour; some are retired."""

from __future__ import annotations

from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.custom_fields.usage import count_of_choice
from crm.errors import Invalid
from crm.models import CustomField
from crm.models.tags import COLOURS

MOST, LONGEST = 500, 100
_COLOURS = {name for name, _label in COLOURS}


def clean_choices(field: CustomField) -> list[dict[str, Any]]:
    """The given choices as they are stored. Raises Invalid with “choices/2/label” and the like.

    A choice that records have may be renamed and retired, but not left out.
    """
    if field.type not in (field.Type.CHOICE, field.Type.CHOICES):
        return []
    if not isinstance(field.choices, list) or not field.choices:
        raise Invalid(_("Give at least one choice."), field="choices")
    if len(field.choices) > MOST:
        raise Invalid(_("At most %d choices; with more, make them records and point at them.") % MOST, field="choices")
    made: list[dict[str, Any]] = []
    for place, one in enumerate(field.choices):
        made.append(_clean(one, f"choices/{place}", made))
    _nothing_is_lost(field, {one["value"] for one in made})
    return made


def _clean(one: Any, path: str, before: list[dict[str, Any]]) -> dict[str, Any]:
    if not isinstance(one, dict):
        raise Invalid(_("A choice has a label."), field=path)
    label = one.get("label")
    if not isinstance(label, str) or not label.strip() or len(label) > LONGEST or "\x00" in label:
        raise Invalid(_("A choice needs a label of at most %d characters.") % LONGEST, field=f"{path}/label")
    if any(other["label"].casefold() == label.strip().casefold() for other in before):
        raise Invalid(_("“%s” is there twice.") % label.strip(), field=f"{path}/label")
    taken = {other["value"] for other in before}
    value = one.get("value") or _free_value(label, taken)
    if not isinstance(value, str) or len(value) > LONGEST or value in taken or "\x00" in value:
        raise Invalid(_("Two choices are stored as “%s”.") % str(value)[:60], field=f"{path}/value")
    colour = one.get("colour") or ""
    if colour and colour not in _COLOURS:
        raise Invalid(_("There is no colour “%s”.") % str(colour)[:30], field=f"{path}/colour")
    return {"value": value, "label": label.strip(), "colour": colour, "is_retired": bool(one.get("is_retired"))}


def _free_value(label: str, taken: set[str]) -> str:
    first = slugify(label).replace("-", "_")[:LONGEST] or "choice"
    return next(value for n in range(1, MOST + 2) if (value := first if n == 1 else f"{first}_{n}") not in taken)


def _nothing_is_lost(field: CustomField, kept: set[str]) -> None:
    if field.pk is None:
        return
    stored = CustomField.objects.get(pk=field.pk)
    for one in stored.choices:
        if one["value"] not in kept and (count := count_of_choice(stored, one["value"])):
            sentence = ngettext(
                "%(count)d record says “%(label)s”. Retire that choice instead of leaving it out.",
                "%(count)d records say “%(label)s”. Retire that choice instead of leaving it out.",
                count,
            )
            raise Invalid(sentence % {"count": count, "label": one["label"]}, field="choices")
