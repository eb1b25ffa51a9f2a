"""All numbers of the insights as one sheet: a line each group."""

from __future__ import annotations

import csv
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from marketing.models import Send
from marketing.queries import funnel, readers
from marketing.queries.insights import HITS_OF, NAMES, by_domain, by_link, by_variant, in_all, messages_of, over_time
from marketing.queries.numbers import Line


def sheet_of(subject: Any, labels: dict[str, str], file: Any) -> None:
    """Writes the sheet into a file; below it what came of the clicks, with its worth."""
    sheet = csv.writer(file)
    sheet.writerow([_("By"), _("Which"), *(head for name in NAMES for head in _heads(name, labels[name]))])
    for by, lines in _groups(subject).items():
        for line in lines:
            sheet.writerow([by, as_text(line.label), *(n for name in NAMES for n in _values(name, line))])
    for step in funnel.steps_of(subject, funnel.USUAL_DAYS):
        if step.is_outcome:
            worth = [str(step.money[0]), step.money[1]] if step.money else []
            sheet.writerow([_("Within %s days") % funnel.USUAL_DAYS, as_text(str(step.label)), step.count, *worth])


def _groups(subject: Any) -> dict[str, list[Line]]:
    messages = messages_of(subject)
    moments, _by_day = over_time(messages)
    timed = [
        Line("", f"{timezone.localtime(one.at):%Y-%m-%d %H:%M}", {"opened": one.opened, "clicked": one.clicked})
        for one in moments
    ]
    return {
        _("All"): [in_all(subject)],
        _("Variant"): by_variant(subject),
        _("Segment"): readers.by_segment(subject) if isinstance(subject, Send) else [],
        _("Domain"): by_domain(messages),
        _("Device"): readers.by_device(messages),
        _("Mail program or browser"): readers.by_client(messages),
        _("System"): readers.by_system(messages),
        _("Country"): readers.by_country(messages),
        _("Link"): by_link(messages),
        _("Time"): timed,
    }


def _heads(name: str, label: str) -> list[str]:
    return [label, f"{label} ({_('machines too')})"] if name in HITS_OF else [label]


def _values(name: str, line: Line) -> list[int]:
    return [line.of(name).human, line.of(name).all] if name in HITS_OF else [line.of(name).all]


def as_text(cell: str) -> str:
    """A spreadsheet takes what begins with = for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell
