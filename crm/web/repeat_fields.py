"""How often something comes again, asked where it is made: the usual rhythms; other ones are chosen on its page (Repeat)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as lazy

from crm.recurrence import Repeat

RHYTHMS = {
    "day": Repeat("DAILY"),
    "working_day": Repeat("WEEKLY", days=("MO", "TU", "WE", "TH", "FR")),
    "week": Repeat("WEEKLY"),
    "two_weeks": Repeat("WEEKLY", every=2),
    "month": Repeat("MONTHLY"),
    "year": Repeat("YEARLY"),
}
CHOICES = (
    ("", lazy("Does not repeat")), ("day", lazy("Every day")), ("working_day", lazy("Every day from Monday to Friday")),
    ("week", lazy("Every week")), ("two_weeks", lazy("Every 2 weeks")), ("month", lazy("Every month")),
    ("year", lazy("Every year")),
)  # fmt: skip
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
NAMES = ("repeats", "until", "count")


class RepeatFields(forms.Form):
    """Added to the form of what may come again."""

    repeats = forms.ChoiceField(label=lazy("Repeats"), choices=CHOICES, required=False)
    until = forms.DateField(label=lazy("Repeats until"), required=False, widget=DAY)
    count = forms.IntegerField(label=lazy("Or so many times"), required=False, min_value=2, max_value=500)

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or self.cleaned_data
        if facts.get("until") and facts.get("count"):
            self.add_error("count", lazy("Say until when, or how many times: not both."))
        if (facts.get("until") or facts.get("count")) and not facts.get("repeats"):
            self.add_error("repeats", lazy("Say how often it repeats."))
        return facts


def chosen(facts: dict[str, Any]) -> Repeat | None:
    """Takes its fields out of what was filled in; None where it does not repeat."""
    rhythm, until, count = (facts.pop(name, None) for name in NAMES)
    if not rhythm:
        return None
    usual = RHYTHMS[rhythm]
    return Repeat(usual.frequency, usual.every, usual.days, until, count)
