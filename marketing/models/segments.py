"""Segments: who belongs together, by a rule or by hand; membership is a table, so that entering and leaving are events."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from crm.models import Record


class Segment(Record):
    """People chosen by a rule (dynamic, kept up to date by itself; a snapshot, chosen once) or by hand (a list).

    `team` is its scope: empty means the whole company. `runs` counts refreshes; members note in which they entered.
    """

    class Kind(models.TextChoices):
        DYNAMIC = "dynamic", "Rule: kept up to date by itself"
        SNAPSHOT = "snapshot", "Snapshot: chosen once by a rule, then stays"
        STATIC = "static", "List: filled by hand"

    class Status(models.TextChoices):
        BUILDING = "building", "Being built"
        READY = "ready", "Up to date"
        PROBLEM = "problem", "Cannot be refreshed"

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.DYNAMIC)
    rule = models.JSONField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.READY, editable=False)
    problem = models.TextField(blank=True, editable=False)
    member_count = models.PositiveIntegerField("people", default=0, editable=False)
    runs = models.PositiveIntegerField(default=0, editable=False)
    built_at = models.DateTimeField(null=True, editable=False)
    refreshed_at = models.DateTimeField("refreshed", null=True, editable=False)
    refresh_due_at = models.DateTimeField(null=True, editable=False)
    clock_at = models.DateTimeField(
        null=True, editable=False, help_text="Up to when it was looked at for what the passing of time alone changes."
    )
    clock_due_at = models.DateTimeField(null=True, editable=False)
    took = models.FloatField(null=True, editable=False, help_text="Seconds that the last whole refresh took.")

    reconciled_at = models.DateTimeField(null=True, editable=False, help_text="When all were last compared by night.")
    differed = models.PositiveIntegerField(
        null=True, editable=False, help_text="How many that comparison found in or out who should not have been."
    )

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                name="segment_dynamic_has_a_rule", condition=models.Q(kind="static") | models.Q(rule__isnull=False)
            ),
        ]
        indexes = [
            models.Index(
                fields=["refresh_due_at"], name="segment_refresh_due", condition=~models.Q(refresh_due_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_rule(self) -> bool:
        return self.kind != self.Kind.STATIC


class SegmentChoice(models.Model):
    """Somebody who is in a segment, or is not, whatever its rule says; out beats in. It survives every refresh."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="choices")
    contact = models.ForeignKey("crm.Contact", models.CASCADE, related_name="+")
    is_included = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "contact"], name="segment_choice_once")]
        indexes = [models.Index(fields=["contact"], name="segment_choice_by_contact")]

    def __str__(self) -> str:
        return f"{self.contact_id} {'in' if self.is_included else 'out of'} {self.segment_id}"


class SegmentSize(models.Model):
    """How many were in a segment at the end of an hour, and how many came and went in it."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="sizes")
    hour = models.DateTimeField()
    members = models.PositiveIntegerField()
    entered = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "hour"], name="segment_size_once_an_hour")]

    def __str__(self) -> str:
        return f"{self.members} in {self.segment_id} at {self.hour:%Y-%m-%d %H:%M}"


class SegmentMember(models.Model):
    """A contact in a segment. `left_in` is set only inside the refresh that takes the row away.

    The database does not check that both exist: of a hundred thousand new members that took half of the time, and a refresh
    must not fail because somebody was erased while it ran. Such a row is taken away by the next one.
    """

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="members", db_constraint=False)
    contact = models.ForeignKey("crm.Contact", models.CASCADE, related_name="segment_memberships", db_constraint=False)
    entered_at = models.DateTimeField(default=timezone.now)
    entered_in = models.PositiveIntegerField(default=0)
    left_in = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "contact"], name="segment_member_once")]

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.segment_id}"


class Hush(models.Model):
    """Who was imported, merged or brought back while the segment waits for its full refresh: enters it without a journey.

    No foreign key to the contact, who may be gone by then.
    """

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="hushed")
    contact_id = models.BigIntegerField()
    cause = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "contact_id"], name="hush_once")]

    def __str__(self) -> str:
        return f"{self.contact_id} into {self.segment_id}"
