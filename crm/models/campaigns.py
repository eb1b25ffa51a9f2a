"""A campaign: shared by marketing and sales, so that a lead and a deal know where they came from."""

from django.db import models

from crm.models.records import Record


class Campaign(Record):
    """What marketing does with one aim. Everything sent, captured and won on its account points here."""

    class Status(models.TextChoices):
        PLANNED = "planned", "Planned"
        RUNNING = "running", "Running"
        DONE = "done", "Done"

    name = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status, default=Status.PLANNED)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    budget = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.ForeignKey("crm.Currency", models.PROTECT, null=True, blank=True)
    description = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name
