"""What a rule can test on any kind of record: each of its fields, and those of the account or contact it points at.

A contact has more: what apps offer (crm.hooks.attributes), under whose names some of its fields go, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.translation import gettext as _

from crm.access.depths import Depth, depth_of
from crm.custom_fields import questions
from crm.hooks import attributes, records
from crm.hooks.attributes import Attribute, Choices
from crm.hooks.records import Field, RecordKind
from crm.models import CustomField, Tag, Tagging, User
from crm.rules.columns import among, choice, column, flag, text
from crm.rules.tree import CONTACT

KINDS = {
    "text": "text", "longtext": "text", "email": "text", "phone": "text", "url": "text", "number": "number",
    "money": "number", "day": "day", "moment": "date", "choice": "choice", "choices": "several", "yesno": "yesno",
    "lookup": "record", "person": "choice", "tags": "several",
}  # fmt: skip
OFFERED_ALREADY = {
    "account.name": "account",
    "account.industry": "industry",
    "account.country": "account_country",
    "account.employees": "employees",
    "created_at": "created",
    "last_active_at": "last_active",
}
"""Facts of a contact that go under an older name: known by both, shown once."""

ToQ = Callable[[str, Any], Q]
_DENIALS = {"is_not", "is_none_of", "contains_not", "has_none_of", "is_empty"}


def known(name: str, kind: str = CONTACT) -> bool:
    try:
        get(name, kind)
    except LookupError:
        return False
    return True


def why_unknown(name: Any, kind: str = CONTACT) -> str:
    """The sentence about a fact that cannot be tested: perhaps it is a field that was retired."""
    link, _dot, key = str(name).rpartition("custom.")
    if _dot and key:
        of = next((f.to for f in records.get(kind).fields if f.name == link.rstrip(".")), "") if link else kind
        if retired := CustomField.objects.filter(kind=of, key=key, is_retired=True).first():
            return f"The field “{retired}” is retired. Bring it back, or ask for something else."
    return f"There is no attribute “{name}” to test."


def get(name: str, kind: str = CONTACT, reader: User | None = None) -> Attribute:
    """Raises LookupError for an unknown one. What is written on an account or contact that `reader` does not see, is empty."""
    if kind == CONTACT and attributes.known(name):
        return attributes.get(name)
    of = records.get(kind)
    link, _dot, far = name.partition(".")
    if not far or link == "custom":
        return _own(of, _testable(of, name), reader)
    return _linked(of, _testable(of, link), far, reader)


def all_facts(kind: str = CONTACT, reader: User | None = None) -> list[Attribute]:
    """Those that apps offer, then its own fields, then those of the records it points at."""
    of = records.get(kind)
    offered = attributes.all_attributes() if kind == CONTACT else []
    hidden = {one.name for one in offered} | (set(OFFERED_ALREADY) if kind == CONTACT else set())
    fields = [field for field in of.all_fields() if _is_testable(field)]
    own = [_own(of, field, reader) for field in fields if field.name not in hidden]
    links = [field for field in fields if field.kind == "lookup" and records.known(field.to) and not field.is_custom]
    far = [
        _linked(of, link, field.name, reader)
        for link in links
        for field in records.get(link.to).all_fields()
        if _is_testable(field) and f"{link.name}.{field.name}" not in hidden
    ]
    return [*offered, *own, *far]


def _is_testable(field: Field) -> bool:
    return field.is_column


def _testable(kind: RecordKind, name: str) -> Field:
    field = kind.field(name)
    if not _is_testable(field):
        raise LookupError(f"“{field.label}” cannot be tested.")
    return field


def _own(kind: RecordKind, field: Field, reader: User | None) -> Attribute:
    return _made(field, field.name, field.label, field.group or kind.label, _to_q(kind, field, ""), reader)


def _linked(kind: RecordKind, link: Field, name: str, reader: User | None) -> Attribute:
    if link.kind != "lookup" or not records.known(link.to):
        raise LookupError(f"“{link.label}” has no facts of its own.")
    far = records.get(link.to)
    field = _testable(far, name)
    label = _("%(record)s: %(fact)s") % {"record": link.label, "fact": field.label}
    to_q = _seen_by(reader, link, _to_q(far, field, f"{link.name}__"))
    return _made(field, f"{link.name}.{name}", label, link.label, to_q, reader)


def _made(field: Field, name: str, label: Any, group: Any, to_q: ToQ, reader: User | None) -> Attribute:
    is_record = field.kind == "lookup" and records.known(field.to)
    return Attribute(
        name,
        label,
        _kind(field, is_record),
        to_q,
        group,
        choices=None if is_record else _choices(field, reader),
        to=field.to if is_record else "",
        is_person=field.kind == "person",
    )


def _kind(field: Field, is_record: bool) -> str:
    if field.kind == "lookup" and not is_record:
        return "choice"
    return "maybe" if field.kind == "yesno" and field.is_custom else KINDS[field.kind]


def _choices(field: Field, reader: User | None) -> Choices | None:
    match field.kind:
        case "person":
            return users
        case "tags":
            return tags
        case "lookup":
            return partial(_rows, field.to, reader)
    return field.choices


def users() -> list[tuple[int, str]]:
    """Everybody; who has left comes last, so that a rule about them still holds."""
    return list(User.objects.order_by("-is_active", "name").values_list("pk", "name"))


def tags() -> list[tuple[int, str]]:
    return list(Tag.objects.values_list("pk", "name"))


def _rows(label: str, reader: User | None) -> Sequence[tuple[Any, str]]:
    rows: Any = apps.get_model(label)._default_manager.all()
    if reader is not None and hasattr(rows, "visible_to"):
        rows = rows.visible_to(reader)
    return [(row.pk, str(row)) for row in rows]


def _to_q(kind: RecordKind, field: Field, prefix: str) -> ToQ:
    """`prefix` leads to the record that has the field: “account__”."""
    if field.is_custom:
        return questions.to_q(field, f"{prefix}custom")
    path = f"{prefix}{field.name}"
    match field.kind:
        case "tags":
            return partial(_tagged, kind, f"{prefix[:-2]}_id" if prefix else "pk")
        case "yesno":
            return flag(path)
        case "choice":
            return choice(path) if kind.is_text_column(field) else column(path)
        case "number" | "money" | "day" | "moment" | "lookup" | "person":
            return column(path)
    return text(path)


def _tagged(kind: RecordKind, record: str, op: str, value: Any) -> Q:
    """`record` is the column that holds the id of the tagged record."""
    rows = Tagging.objects.filter(record_type=ContentType.objects.get_for_model(kind.model))

    def tagged(*tags: int) -> Q:
        return among(record, rows.filter(tag__in=tags) if tags else rows, "record_id")

    match op:
        case "has_any_of":
            return tagged(*value)
        case "has_none_of":
            return ~tagged(*value)
        case "has_all_of":
            every = Q()
            for tag in value:
                every &= tagged(tag)
            return every
        case "is_filled":
            return tagged()
        case "is_empty":
            return ~tagged()
    raise LookupError(f"Tags cannot be tested with “{op}”.")


def _seen_by(reader: User | None, link: Field, to_q: ToQ) -> ToQ:
    """A record that the reader may not see tells nothing by being filtered for: its facts count as missing."""
    if reader is None or depth_of(reader, link.to, "view") == Depth.ALL:
        return to_q
    model: Any = apps.get_model(link.to)
    seen = Q(**{f"{link.name}__in": model.objects.visible_to(reader).values("pk")})
    return lambda op, value: (to_q(op, value) | ~seen) if op in _DENIALS else (to_q(op, value) & seen)
