"""An activity that comes again and again: the rule; its occurrences are activities of their own."""

from __future__ import annotations

from django.db import models


class ActivitySeries(models.Model):
    """`rule` is an RRULE (RFC 5545) counted from `starts_at` on the clock of `time_zone`: ten o'clock stays ten o'clock.

    Occurrences are made ahead, up to `made_until`; one that is ended makes no more.
    """

    rule = models.CharField(max_length=200)
    starts_at = models.DateTimeField()
    time_zone = models.CharField(max_length=60)
    made_until = models.DateTimeField()
    is_ended = models.BooleanField(default=False)
    invited_as = models.PositiveBigIntegerField(null=True, blank=True, db_index=True)
    """Where guests were invited to all of it: the activity that the UID of the invitation names."""
    sequence = models.PositiveIntegerField(default=0)
    """How often that invitation was told, of all or of one: each mail about it says a higher one."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "series of activities"
        indexes = [
            models.Index(fields=["made_until"], name="series_to_extend", condition=models.Q(is_ended=False)),
        ]

    def __str__(self) -> str:
        return self.rule
