"""When somebody takes leads, and how many: capacity, working hours, absence."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

WEEKDAYS = (
    (0, _("Monday")),
    (1, _("Tuesday")),
    (2, _("Wednesday")),
    (3, _("Thursday")),
    (4, _("Friday")),
    (5, _("Saturday")),
    (6, _("Sunday")),
)


def check_weekdays(days: Any) -> None:
    """Raises ValidationError unless `days` is a list of different numbers from 0 (Monday) to 6."""
    numbers = [number for number, _name in WEEKDAYS]
    if not isinstance(days, list) or len(set(map(str, days))) != len(days) or any(day not in numbers for day in days):
        raise ValidationError(_("Days of the week are numbers from 0 (Monday) to 6 (Sunday), each once."))


class Seller(models.Model):
    """What a person has said, or their manager for them; whoever has no row has no limit and no hours.

    Times are in the person's own time zone. `works_from` after `works_to` is a night shift, which belongs to the day it
    begins on. No days: always at work.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="seller")
    capacity = models.PositiveIntegerField(
        _("most open leads"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(100_000)],
        help_text=_("Rules give no more once so many are open; empty: no limit."),
    )
    days = models.JSONField(_("working days"), default=list, blank=True, validators=[check_weekdays])
    works_from = models.TimeField(_("from"), default=time(9))
    works_to = models.TimeField(_("to"), default=time(17))

    class Meta:
        constraints = [
            models.CheckConstraint(name="seller_works_for_some_time", condition=~Q(works_from=F("works_to"))),
        ]

    def __str__(self) -> str:
        return str(self.user)


class Absence(models.Model):
    """Whole days on which somebody gets no leads, the first and the last of them included, as their own time zone counts days."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="absences")
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("until"))
    note = models.CharField(max_length=100, blank=True, help_text=_("Only you and your managers read it."))

    class Meta:
        ordering = ["first_day", "pk"]
        indexes = [models.Index(fields=["last_day"], name="absence_by_end")]
        constraints = [
            models.CheckConstraint(name="absence_ends_after_it_begins", condition=Q(last_day__gte=F("first_day"))),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.first_day} – {self.last_day}"
