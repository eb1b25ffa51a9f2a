"""The sales process: what each stage asks for before it lets an opportunity go on."""

from __future__ import annotations

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


class Process(models.Model):
    """A set of steps by stage. One process is the default: a new opportunity follows it."""

    name = models.CharField(max_length=100, unique=True)
    description = models.TextField(blank=True)
    is_default = models.BooleanField(_("default"), default=False)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "processes"
        constraints = [
            models.UniqueConstraint(name="process_one_default", fields=["is_default"], condition=Q(is_default=True))
        ]

    def __str__(self) -> str:
        return self.name


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
