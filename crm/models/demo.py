"""Which rows came with the demo company, so that exactly they can be taken out again."""

from django.db import models


class DemoRows(models.Model):
    """The primary keys of the demo's rows of one model (“sales.lead”)."""

    label = models.CharField(max_length=60, primary_key=True)
    keys = models.JSONField(default=list)

    class Meta:
        verbose_name_plural = "demo rows"

    def __str__(self) -> str:
        return f"{self.label}: {len(self.keys)}"
