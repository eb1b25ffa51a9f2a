"""Two records made one: what was merged into what, and every row that moved, changed or was kept aside, so that it can be undone."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

IS_MERGED = ~Q(merged_into=None)


class Mergeable(models.Model):
    """A record that can be merged into another one of its kind. Merged, it rests like one in the bin; its id leads on.

    `merged_into` names the one that lives, however long the chain: a further merge takes it along.
    """

    merged_into = models.ForeignKey(
        "self",
        models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="merged_here",
        db_index=False,  # the models index the few that have one
    )

    class Meta:
        abstract = True


class MergeQuerySet(models.QuerySet):
    def in_force(self) -> Self:
        return self.filter(undone_at=None)

    def of_person(self, contact: int) -> Self:
        """Merges of this person, and of records about her."""
        from crm.hooks import merging

        found = Q(kind="crm.contact", winner_id=contact) | Q(kind="crm.contact", loser_id=contact)
        for kind in merging.kinds():
            model: Any = merging.model_of(kind)
            if any(field.name == "contact" for field in model._meta.concrete_fields):
                hers = model._base_manager.filter(contact=contact).values("pk")
                found |= Q(kind=kind, winner_id__in=hers) | Q(kind=kind, loser_id__in=hers)
        merged = merging.model_of("crm.contact")._base_manager.filter(merged_into=contact).values("pk")
        return self.filter(found | Q(kind="crm.contact", winner_id__in=merged))

    def visible_to(self, user: Any) -> Self:
        """Merges of records that the user sees: of the one that lives, or, once undone, of either."""
        from crm.hooks import merging

        found = Q(pk__in=[])
        for kind in merging.kinds():
            model: Any = merging.model_of(kind)
            seen = model._default_manager.visible_to(user).values("pk")
            found |= Q(kind=kind, winner_id__in=seen) | Q(kind=kind, loser_id__in=seen)
        return self.filter(found)


class Merge(models.Model):
    """`loser` became part of `winner`. `part_of` is the merge that brought this one about: two open leads folded into one.

    `report` says, after an undo, what could not be brought back as it was, because somebody changed it since.
    """

    kind = models.CharField(max_length=40)
    winner_id = models.BigIntegerField()
    loser_id = models.BigIntegerField()
    title = models.CharField(max_length=300)
    part_of = models.ForeignKey("self", models.CASCADE, null=True, related_name="parts")
    merged_at = models.DateTimeField()
    merged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    gathered_at = models.DateTimeField(null=True, help_text="When rows that came late for the loser were taken along.")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    report = models.JSONField(default=list)

    objects = MergeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "loser_id"], condition=Q(undone_at=None), name="merge_in_force_once_per_loser"
            ),
            models.CheckConstraint(name="merge_of_two", condition=~Q(winner_id=models.F("loser_id"))),
        ]
        indexes = [
            models.Index(fields=["kind", "winner_id"], name="merge_by_winner"),
            models.Index(fields=["id"], condition=Q(gathered_at=None), name="merge_to_gather"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("crm:merged", args=[self.pk])

    @property
    def is_in_force(self) -> bool:
        return self.undone_at is None


class MergedRow(models.Model):
    """One row that a merge touched. Steps are undone in the reverse of their order.

    moved: `column` named the loser and names the winner since. changed: columns and their values `before` and `after`.
    removed: the whole row `before`, where the winner had its like already. nested: `row` is a further merge.
    """

    class What(models.TextChoices):
        MOVED = "moved", "Moved"
        CHANGED = "changed", "Changed"
        REMOVED = "removed", "Kept aside"
        NESTED = "nested", "Merged along"

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="rows")
    step = models.PositiveSmallIntegerField()
    what = models.CharField(max_length=10, choices=What)
    label = models.CharField(max_length=60)
    row = models.CharField(max_length=64)
    column = models.CharField(max_length=40, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["merge", "label", "column", "row"], condition=Q(what="moved"), name="merged_row_moved_once"
            )
        ]
        indexes = [models.Index(fields=["merge", "step"], name="merged_row_by_step")]

    def __str__(self) -> str:
        return f"{self.what}: {self.label} {self.row}"
