"""Why somebody got a lead, and why nobody has it, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sales.models import AssignmentRule, Lead, Unassigned
from sales.queries.choosing import Choice


def why_given(choice: Choice) -> str:
    """“by the rule “Webinar”: in turn”."""
    assert choice.rule is not None
    match choice.rule.distribution:
        case AssignmentRule.Distribution.LOAD:
            how = ngettext("had the fewest open leads, %(n)s", "had the fewest open leads, %(n)s", choice.open)
            how = how % {"n": choice.open}
        case AssignmentRule.Distribution.FIXED:
            how = _("first available")
        case _:
            how = _("next in turn")
    return _("by the rule “%(rule)s”: %(how)s") % {"rule": choice.rule, "how": how}


def why_nobody(because: str, details: dict[str, Any]) -> list[str]:
    """Sentences: which rule it is, and what keeps each of its people from the lead. [] where the rules were never asked."""
    if not because:
        return []
    if because == Unassigned.NO_RULE:
        broken = [
            _("The rule “%s” cannot be used: look at its condition.") % name for name in details.get("broken", ())
        ]
        return [_("No rule fits this lead."), *broken]
    return [_of_rule(one) for one in details.get("rules", ())] or [str(Unassigned(because).label) + "."]


def why_nobody_has(lead: Lead) -> list[str]:
    return why_nobody(lead.unassigned_because, lead.unassigned_details)


def _of_rule(told: dict[str, Any]) -> str:
    people = [_of_person(one) for one in told["people"]]
    if told.get("more"):
        people.append(ngettext("%s more", "%s more", told["more"]) % told["more"])
    said = "; ".join(people) or _("it has nobody who takes leads")
    return _("The rule “%(rule)s” fits, but nobody of it is available: %(people)s.") % {
        "rule": told["rule"],
        "people": said,
    }


def _of_person(one: dict[str, Any]) -> str:
    match one["state"]:
        case "full":
            said = _("%(name)s is full (%(open)s of %(capacity)s open leads)")
        case "away":
            said = _("%(name)s is away until %(until)s")
        case _:
            said = _("%(name)s is outside working hours until %(until)s")
    return said % {"open": 0, "capacity": 0, **one, "until": "".join(_until(one))}


def _until(one: dict[str, Any]) -> Iterator[str]:
    if one["state"] == "away":
        yield date_format(date.fromisoformat(one["until"]), "j M")
    elif "until" in one:
        local = timezone.localtime(datetime.fromisoformat(one["until"]))
        yield date_format(local, "D H:i")
