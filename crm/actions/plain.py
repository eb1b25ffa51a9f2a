"""Saving plain columns: checked by the model, counted as a version. Actions build on it; pages call crm.actions.records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from crm.errors import Invalid


def save_plainly(record: Any, columns: dict[str, Any]) -> Any:
    """Set the columns of a locked record and save it. Raises Invalid with the field where its model refuses one of them."""
    for name, value in columns.items():
        setattr(record, name, value)
    must_be_possible(record, columns)
    return save_counted(record)


def save_counted(record: Any) -> Any:
    """Save a locked record as its next version."""
    record.version += 1
    record.save()
    return record


def must_be_possible(record: Any, columns: Iterable[str]) -> None:
    """Raises Invalid with the first of Django's complaints. What was wrong before, in another field, is no reason to refuse."""
    try:
        record.clean_fields(exclude=[f.name for f in record._meta.fields if f.name not in columns])
        record.clean()
    except ValidationError as problem:
        if not hasattr(problem, "error_dict"):
            raise Invalid(problem.messages[0]) from problem
        for name, errors in problem.message_dict.items():
            if name == NON_FIELD_ERRORS:
                raise Invalid(errors[0]) from problem
            if name in columns:
                raise Invalid(errors[0], field=name) from problem
