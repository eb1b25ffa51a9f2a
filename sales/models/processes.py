"""The sales process: what each stage asks for before it lets an opportunity go on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Stage(models.TextChoices):
    QUALIFY = "qualify", _("Qualify")
    DEVELOP = "develop", _("Develop")
    PROPOSE = "propose", _("Propose")
    CLOSE = "close", _("Close")

    @property
    def next(self) -> Stage | None:
        position = ORDER.index(self) + 1
        return ORDER[position] if position < len(ORDER) else None

    @property
    def previous(self) -> Stage | None:
        position = ORDER.index(self)
        return ORDER[position - 1] if position else None


ORDER = list(Stage)


def _days(label: Any) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(label, default=14, validators=[MinValueValidator(1)])


class Process(models.Model):
    """A set of steps by stage. One process is the default: a new opportunity follows it unless another one is chosen.

    The days say how long an opportunity may stand in a stage before it counts as stalled.
    """

    name = models.CharField(max_length=100, unique=True)
    description = models.TextField(blank=True)
    is_default = models.BooleanField(_("default"), default=False)
    is_active = models.BooleanField(
        _("offered"),
        default=True,
        help_text=_("Otherwise no further opportunity begins with it; those that follow it go on."),
    )
    qualify_days = _days(_("stalled after days in Qualify"))
    develop_days = _days(_("stalled after days in Develop"))
    propose_days = _days(_("stalled after days in Propose"))
    close_days = _days(_("stalled after days in Close"))

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "processes"
        constraints = [
            models.UniqueConstraint(name="process_one_default", fields=["is_default"], condition=Q(is_default=True)),
            models.CheckConstraint(
                name="process_default_is_offered",
                condition=Q(is_default=False) | Q(is_active=True),
                violation_error_message=_("New opportunities follow the default process: it has to be offered."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def days_in(self, stage: str) -> int:
        """How many days an opportunity may stand in this stage before it counts as stalled."""
        return int(getattr(self, f"{stage}_days"))

    def stalls_before(self, stage: str, now: datetime) -> datetime:
        """Who has stood in the stage since before this moment is stalled."""
        return now - timedelta(days=self.days_in(stage))


class ProcessStep(models.Model):
    """One field that a stage asks for. A required yes/no field must be yes."""

    process = models.ForeignKey(Process, models.CASCADE, related_name="steps")
    stage = models.CharField(max_length=10, choices=Stage)
    field = models.CharField(max_length=40)
    label = models.CharField(max_length=100, blank=True, help_text=_("Empty: the field's own name."))
    is_required = models.BooleanField(_("required"), default=False)
    order = models.PositiveSmallIntegerField(default=10)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(name="process_step_once_a_stage", fields=["process", "stage", "field"])]

    def __str__(self) -> str:
        return self.label or self.field.replace("_", " ")
