"""Registrations as a CSV file that no spreadsheet mistakes for formulas."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse

from crm.imports.reading import safe_cell
from marketing.models import Event, Registration

HEADER = ["First name", "Last name", "Email", "Phone", "Company", "Country", "Status", "Registered at (UTC)"]


def registrations_csv(event: Event, user: Any) -> StreamingHttpResponse:
    """All registrations that the user sees, in UTF-8 with a BOM (spreadsheets want it), with the event's own questions."""
    response = StreamingHttpResponse(_lines(event, user), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{event.slug}-registrations.csv"'
    return response


class _Echo:
    def write(self, line: str) -> str:
        return line


def _lines(event: Event, user: Any) -> Iterator[str]:
    questions = _questions(event)
    rows = Registration.objects.visible_to(user).filter(event=event).select_related("contact__account", "submission")
    writer = csv.writer(_Echo())
    yield "\ufeff"
    yield writer.writerow([*HEADER, *(safe_cell(label) for label in questions.values())])
    for registration in rows.order_by("pk").iterator(chunk_size=500):
        yield writer.writerow([safe_cell(str(cell)) for cell in _cells(registration, list(questions))])


def _questions(event: Event) -> dict[str, str]:
    """Fields that tell nothing about the contact's own columns: name -> label."""
    if event.form is None:
        return {}
    return {
        field.name: field.label
        for field in event.form.definition
        if not field.fills and field.kind not in ("email", "phone", "country")
    }


def _cells(registration: Registration, questions: list[str]) -> list[Any]:
    contact, values = registration.contact, registration.submission.values if registration.submission else {}
    return [
        contact.first_name,
        contact.last_name,
        contact.email,
        contact.mobile or contact.phone,
        contact.account.name if contact.account else contact.company_name,
        contact.country,
        registration.get_status_display(),
        registration.registered_at.strftime("%Y-%m-%d %H:%M"),
        *(_word(values.get(name, "")) for name in questions),
    ]


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
