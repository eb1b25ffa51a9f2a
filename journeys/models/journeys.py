"""A journey: what happens to people, step by step. The draft is edited; publishing makes an immutable version of it."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.utils import timezone
from django_fsm import FSMField, FSMModelMixin, transition

from crm.models.records import Record, RecordQuerySet


class JourneyStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    LIVE = "live", "Live"
    PAUSED = "paused", "Paused"
    FINISHING = "finishing", "Finishing"
    COMPLETED = "completed", "Completed"
    STOPPED = "stopped", "Stopped"
    ARCHIVED = "archived", "Archived"


CLOCKS_RUN = (JourneyStatus.LIVE, JourneyStatus.FINISHING)
"""Whose people take their steps when they are due."""
RUNNING = (JourneyStatus.LIVE, JourneyStatus.PAUSED, JourneyStatus.FINISHING)
"""Who may have people inside."""
OVER = (JourneyStatus.COMPLETED, JourneyStatus.STOPPED, JourneyStatus.ARCHIVED)


def empty_graph() -> dict[str, Any]:
    """What a new journey begins with: people of a segment still to be chosen, and no steps."""
    return {"schema": 1, "entry": {"kind": "segment", "params": {}}, "goal": None, "nodes": {}, "edges": []}


class JourneyQuerySet(RecordQuerySet):
    def running(self) -> Self:
        """Live or paused: people may enter, and clocks run."""
        return self.alive().filter(status__in=[JourneyStatus.LIVE, JourneyStatus.PAUSED])

    def with_people(self) -> Self:
        """Live, paused or finishing: somebody may be inside, whom clicks wake and goals let out."""
        return self.alive().filter(status__in=RUNNING)


class Journey(FSMModelMixin, Record):
    """`draft` is the definition being edited (journeys/graph.py); `layout` is for eyes only.

    `admitting_after` is how far the members of the segment have been let in; empty when all are. `admitting_for` is the
    planned time of that run, empty for those at publishing; `next_run_at` the time of the next one. `next_turn_at` is when
    the entry rate lets the next person in. A live journey lets nobody in before `went_live_at`.
    """

    name = models.CharField(max_length=200)
    status = FSMField(default=JourneyStatus.DRAFT, choices=JourneyStatus.choices, protected=True)
    campaign = models.ForeignKey("crm.Campaign", models.SET_NULL, null=True, blank=True, related_name="journeys")
    draft = models.JSONField(default=empty_graph, blank=True)
    layout = models.JSONField(default=dict, blank=True)
    live_version = models.ForeignKey(
        "journeys.JourneyVersion", models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    admitting_after = models.BigIntegerField(null=True, blank=True, editable=False)
    admitting_for = models.DateTimeField(null=True, blank=True, editable=False)
    next_run_at = models.DateTimeField(null=True, blank=True, editable=False)
    next_turn_at = models.DateTimeField(null=True, blank=True, editable=False)
    went_live_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = JourneyQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="journey_that_runs_has_a_version",
                condition=~models.Q(status__in=["live", "paused", "finishing"]) | ~models.Q(live_version=None),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def calls_programs(self) -> bool:
        """Does its running version call other programs?"""
        nodes = self.live_version.graph["nodes"] if self.live_version else {}
        return any(node["kind"] == "webhook" for node in nodes.values())

    @transition(status, source=JourneyStatus.DRAFT, target=JourneyStatus.LIVE)
    def go_live(self) -> None:
        self.went_live_at = timezone.now()

    @transition(status, source=JourneyStatus.LIVE, target=JourneyStatus.PAUSED)
    def pause(self) -> None:
        """Clocks run on; due steps and queued messages are held."""

    @transition(status, source=JourneyStatus.PAUSED, target=JourneyStatus.LIVE)
    def resume(self) -> None:
        """What became due meanwhile is released."""

    @transition(status, source=JourneyStatus.LIVE, target=JourneyStatus.FINISHING)
    def finish(self) -> None:
        """Nobody comes in any more; who is inside goes on to the end."""
        self.admitting_after = None

    @transition(status, source=JourneyStatus.FINISHING, target=JourneyStatus.LIVE)
    def reopen(self) -> None:
        """People may come in again."""

    @transition(status, source=JourneyStatus.FINISHING, target=JourneyStatus.COMPLETED)
    def complete(self) -> None:
        """The last one has left."""
        self.ended_at = timezone.now()

    @transition(status, source=list(RUNNING), target=JourneyStatus.STOPPED)
    def stop(self) -> None:
        self.ended_at, self.admitting_after, self.next_run_at = timezone.now(), None, None

    @transition(
        status,
        source=[JourneyStatus.DRAFT, JourneyStatus.COMPLETED, JourneyStatus.STOPPED],
        target=JourneyStatus.ARCHIVED,
    )
    def archive(self) -> None:
        """Out of the way; its numbers stay."""


class JourneyVersion(models.Model):
    """What was published, for ever: participants finish on the version they began."""

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    graph = models.JSONField(editable=False)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["journey", "number"], name="journey_version_number_once")]

    def __str__(self) -> str:
        return f"{self.journey}, version {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises TypeError on a second save: a version never changes."""
        if self.pk is not None:
            raise TypeError("A published version of a journey never changes.")
        super().save(*args, **kwargs)
