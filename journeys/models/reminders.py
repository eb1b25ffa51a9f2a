"""One message of a series, sent to one person: what is counted until the series is through."""

from django.db import models

from journeys.models.participants import Participant


class Reminder(models.Model):
    """The `number` of a message within the series of one (participant, step, visit)."""

    participant = models.ForeignKey(Participant, models.CASCADE, related_name="reminders")
    node = models.CharField(max_length=40)
    visit = models.PositiveIntegerField()
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["participant", "node", "visit", "number"], name="reminder_once")]

    def __str__(self) -> str:
        return f"{self.node} #{self.number} to {self.participant_id}"
