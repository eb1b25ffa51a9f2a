"""An opportunity: a sale that may come, its way through the stages, and how it ended."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import GET_STATE, FSMField, FSMModelMixin, transition

from crm.models import Record
from crm.models.records import RecordQuerySet
from sales.models.choices import BudgetStatus, Need, Priority, PurchaseProcess, Rating, Timeframe
from sales.models.competitors import Competitor
from sales.models.months import MonthOf
from sales.models.processes import Process, Stage

not_negative = MinValueValidator(Decimal(0))
USUAL_PROBABILITY = {Stage.QUALIFY: 10, Stage.DEVELOP: 30, Stage.PROPOSE: 60, Stage.CLOSE: 80}


class OpportunityStatus(models.TextChoices):
    OPEN = "open", _("Open")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")


class LostReason(models.TextChoices):
    CANCELLED = "cancelled", _("Cancelled by the customer")
    OUT_SOLD = "out_sold", _("Lost to a competitor")
    PRICE = "price", _("Too expensive")
    LACKING = "lacking", _("We lacked what they need")
    NO_DECISION = "no_decision", _("No decision")
    NO_ANSWER = "no_answer", _("They stopped answering")


class ForecastCategory(models.TextChoices):
    PIPELINE = "pipeline", _("Pipeline")
    BEST_CASE = "best_case", _("Best case")
    COMMITTED = "committed", _("Committed")
    OMITTED = "omitted", _("Left out")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")


class ProcessState(models.TextChoices):
    """Where an opportunity stands with its process, whatever became of the sale."""

    ACTIVE = "active", _("Under way")
    FINISHED = "finished", _("Finished")
    ABANDONED = "abandoned", _("Abandoned")


class RevenueMode(models.TextChoices):
    TYPED = "typed", _("Typed estimate")
    SYSTEM = "system", _("Sum of the products")


ON_BOARD = Q(status="open", deleted_at=None)
SUMMED_BY = {"stage": "stage", "category": "forecast_category", "owner": "owner", "month": "estimated_close"}
"""What the board adds deals up by: each has an index that holds all it needs, so that no deal is read for its sum."""


class OpportunityQuerySet(RecordQuerySet):
    def open(self) -> Self:
        return self.filter(status=OpportunityStatus.OPEN)

    def won(self) -> Self:
        return self.filter(status=OpportunityStatus.WON)

    def closing_until(self, day: date) -> Self:
        return self.open().filter(estimated_close__lte=day)

    def stalled(self, now: datetime) -> Self:
        """Open, and in its stage for longer than its process gives it. The few processes are read at once."""
        too_long = Q(pk__in=[])
        for process in Process.objects.all():
            for stage in Stage:
                too_long |= Q(process=process, stage=stage, stage_since__lt=process.stalls_before(stage, now))
        return self.open().filter(too_long, process_state=ProcessState.ACTIVE)


class Opportunity(FSMModelMixin, Record):
    """A sale that may come. It has one currency; `…_base` is the same amount in the company's currency, kept by actions.

    `place` orders the cards of the board: by the closing day, until somebody places the card (`placed_at`).
    """

    topic = models.CharField(max_length=300)
    account = models.ForeignKey("crm.Account", models.PROTECT, null=True, blank=True, related_name="opportunities")
    contact = models.ForeignKey("crm.Contact", models.PROTECT, null=True, blank=True, related_name="opportunities")
    lead = models.ForeignKey(
        "sales.Lead", models.SET_NULL, null=True, blank=True, editable=False, related_name="opportunities"
    )
    campaign = models.ForeignKey("crm.Campaign", models.SET_NULL, null=True, blank=True, related_name="opportunities")
    process = models.ForeignKey("sales.Process", models.PROTECT, editable=False, related_name="opportunities")
    process_state = FSMField(
        _("process"), choices=ProcessState, default=ProcessState.ACTIVE, protected=True, max_length=9
    )
    process_ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    status = FSMField(choices=OpportunityStatus, default=OpportunityStatus.OPEN, protected=True, max_length=6)
    stage = FSMField(choices=Stage, default=Stage.QUALIFY, protected=True, max_length=10)
    stage_since = models.DateTimeField(default=timezone.now, editable=False)
    place = models.FloatField(default=0, editable=False)
    placed_at = models.DateTimeField(null=True, blank=True, editable=False)
    rating = models.CharField(max_length=4, choices=Rating, default=Rating.WARM)
    priority = models.CharField(max_length=6, choices=Priority, default=Priority.NORMAL)

    currency = models.ForeignKey("crm.Currency", models.PROTECT, related_name="+")
    revenue_mode = models.CharField(_("revenue"), max_length=6, choices=RevenueMode, default=RevenueMode.TYPED)
    estimated_revenue = models.DecimalField(max_digits=18, decimal_places=2, default=0, validators=[not_negative])
    estimated_revenue_base = models.DecimalField(max_digits=18, decimal_places=2, default=0, editable=False)
    actual_revenue = models.DecimalField(max_digits=18, decimal_places=2, null=True, editable=False)
    actual_revenue_base = models.DecimalField(max_digits=18, decimal_places=2, null=True, editable=False)
    estimated_close = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    closed_on = models.DateField(null=True, blank=True, editable=False)
    lost_reason = models.CharField(max_length=20, choices=LostReason, blank=True, editable=False)
    lost_to = models.ForeignKey(
        "sales.Competitor", models.SET_NULL, null=True, blank=True, editable=False, related_name="deals_taken"
    )
    probability = models.PositiveSmallIntegerField(default=10, validators=[MaxValueValidator(100)])
    forecast_category = models.CharField(max_length=10, choices=ForecastCategory, default=ForecastCategory.PIPELINE)

    budget_amount = models.DecimalField(
        max_digits=18, decimal_places=2, null=True, blank=True, validators=[not_negative]
    )
    budget_status = models.CharField(max_length=12, choices=BudgetStatus, blank=True)
    need = models.CharField(max_length=8, choices=Need, blank=True)
    purchase_timeframe = models.CharField(max_length=14, choices=Timeframe, blank=True)
    purchase_process = models.CharField(max_length=12, choices=PurchaseProcess, blank=True)
    decision_maker = models.BooleanField(_("decision maker known"), default=False)
    current_situation = models.TextField(blank=True)
    customer_need = models.TextField(blank=True)
    pain_points = models.TextField(blank=True)
    proposed_solution = models.TextField(blank=True)
    description = models.TextField(blank=True)
    proposal_developed = models.BooleanField(default=False)
    proposal_reviewed = models.BooleanField(_("proposal reviewed by us"), default=False)
    proposal_presented = models.BooleanField(default=False)
    final_proposal_ready = models.BooleanField(default=False)
    decision_expected_on = models.DateField(_("final decision expected on"), null=True, blank=True)
    thank_you_sent = models.BooleanField(_("thank-you sent"), default=False)
    debrief_filed = models.BooleanField(default=False)

    objects = OpportunityQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["estimated_close", "pk"]
        verbose_name_plural = "opportunities"
        indexes = [
            models.Index(fields=["owner", "status", "estimated_close"], name="opportunity_by_owner"),
            models.Index(fields=["owner", "estimated_close", "id"], name="opportunity_close_by_owner"),
            models.Index(fields=["owner", "contact"], name="opportunity_path_to_contact", condition=Q(deleted_at=None)),
            models.Index(fields=["status", "stage", "estimated_close"], name="opportunity_by_stage"),
            models.Index(fields=["status", "stage", "place", "id"], name="opportunity_on_board"),
            models.Index(fields=["status", "forecast_category", "place", "id"], name="opportunity_on_board_category"),
            models.Index(fields=["owner", "status", "place", "id"], name="opportunity_on_board_owner"),
            models.Index(
                MonthOf("estimated_close"), "place", "id", name="opportunity_on_board_month", condition=ON_BOARD
            ),
            *(
                models.Index(
                    fields=[column, "probability"],
                    include=["estimated_revenue_base"],
                    name=f"opportunity_sums_by_{name}",
                    condition=ON_BOARD,
                )
                for name, column in SUMMED_BY.items()
            ),
            models.Index(fields=["placed_at"], name="opportunity_placed", condition=~Q(placed_at=None)),
            models.Index(fields=["status", "id"], name="opportunity_by_status"),
            models.Index(fields=["topic", "id"], name="opportunity_by_topic"),
            models.Index(fields=["estimated_close", "id"], name="opportunity_by_close"),
            models.Index(fields=["estimated_revenue_base", "id"], name="opportunity_by_estimate"),
            models.Index(fields=["created_at", "id"], name="opportunity_by_creation"),
            models.Index(fields=["updated_at", "id"], name="opportunity_by_change"),
            models.Index(fields=["closed_on", "id"], name="opportunity_by_end", condition=~Q(closed_on=None)),
            models.Index(fields=["campaign", "status"], name="opportunity_by_campaign", condition=~Q(campaign=None)),
        ]
        constraints = [
            models.CheckConstraint(name="opportunity_has_a_customer", condition=~Q(account=None) | ~Q(contact=None)),
            models.CheckConstraint(
                name="opportunity_closed_at_tells_the_status",
                condition=Q(status="open", closed_at=None, closed_on=None, actual_revenue=None)
                | Q(status__in=["won", "lost"], closed_at__isnull=False, closed_on__isnull=False),
            ),
            models.CheckConstraint(
                name="opportunity_won_with_a_revenue", condition=~Q(status="won") | Q(actual_revenue__gte=0)
            ),
            models.CheckConstraint(
                name="opportunity_lost_tells_why",
                condition=Q(status="lost") & ~Q(lost_reason="") | ~Q(status="lost") & Q(lost_reason="", lost_to=None),
            ),
            models.CheckConstraint(
                name="opportunity_process_end_tells_its_state",
                condition=Q(process_state="active", process_ended_at=None)
                | Q(process_state__in=["finished", "abandoned"], process_ended_at__isnull=False),
            ),
            models.CheckConstraint(name="opportunity_estimate_not_negative", condition=Q(estimated_revenue__gte=0)),
            models.CheckConstraint(name="opportunity_probability_is_a_percentage", condition=Q(probability__lte=100)),
        ]

    def __str__(self) -> str:
        return self.topic

    def get_absolute_url(self) -> str:
        return reverse("sales:opportunity", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.status == OpportunityStatus.OPEN

    @property
    def is_under_way(self) -> bool:
        """Is it on its way through the stages?"""
        return self.is_open and self.process_state == ProcessState.ACTIVE

    def is_stalled(self, now: datetime) -> bool:
        """Longer in its stage than its process gives it."""
        return self.is_under_way and self.stage_since < self.process.stalls_before(self.stage, now)

    @property
    def grown_from(self) -> list[Any]:
        """What it was before: the activities about its lead stand in its timeline, too."""
        return [self.lead] if self.lead else []

    @property
    def customer(self) -> Any:
        return self.account or self.contact

    @property
    def weighted_revenue(self) -> Decimal:
        return self.estimated_revenue * self.probability / 100

    @transition(
        stage,
        source=[Stage.QUALIFY, Stage.DEVELOP, Stage.PROPOSE],
        target=GET_STATE(lambda self: Stage(self.stage).next, states=list(Stage)),
        conditions=[lambda self: self.is_under_way],
    )
    def advance(self) -> None:
        self._enter(Stage(self.stage).next)

    @transition(
        stage,
        source=[Stage.DEVELOP, Stage.PROPOSE, Stage.CLOSE],
        target=GET_STATE(lambda self: Stage(self.stage).previous, states=list(Stage)),
        conditions=[lambda self: self.is_under_way],
    )
    def back(self) -> None:
        self._enter(Stage(self.stage).previous)

    @transition(
        stage,
        source=list(Stage),
        target=GET_STATE(lambda self, to: Stage(to), states=list(Stage)),
        conditions=[lambda self: self.is_under_way],
    )
    def set_stage(self, to: str) -> None:
        self._enter(Stage(to))

    @transition(
        process_state,
        source=ProcessState.ACTIVE,
        target=ProcessState.FINISHED,
        conditions=[lambda self: self.is_under_way and self.stage == Stage.CLOSE],
    )
    def finish_process(self) -> None:
        self.process_ended_at = timezone.now()

    @transition(
        process_state,
        source=ProcessState.ACTIVE,
        target=ProcessState.ABANDONED,
        conditions=[lambda self: self.is_under_way],
    )
    def abandon_process(self) -> None:
        self.process_ended_at = timezone.now()

    @transition(
        process_state,
        source=[ProcessState.FINISHED, ProcessState.ABANDONED],
        target=ProcessState.ACTIVE,
        conditions=[lambda self: self.is_open],
    )
    def resume_process(self) -> None:
        """The clock of the stage begins anew: nobody worked on it meanwhile."""
        self.process_ended_at, self.stage_since = None, timezone.now()

    @transition(status, source=OpportunityStatus.OPEN, target=OpportunityStatus.WON)
    def win(self, revenue: Decimal, revenue_base: Decimal, on: date) -> None:
        self.actual_revenue, self.actual_revenue_base = revenue, revenue_base
        self.closed_at, self.closed_on = timezone.now(), on
        self.forecast_category, self.probability = ForecastCategory.WON, 100

    @transition(status, source=OpportunityStatus.OPEN, target=OpportunityStatus.LOST)
    def lose(self, reason: str, to: Competitor | None, on: date) -> None:
        self.closed_at, self.closed_on = timezone.now(), on
        self.lost_reason, self.lost_to = reason, to
        self.forecast_category, self.probability = ForecastCategory.LOST, 0

    @transition(status, source=[OpportunityStatus.WON, OpportunityStatus.LOST], target=OpportunityStatus.OPEN)
    def reopen(self) -> None:
        self.closed_at = self.closed_on = self.actual_revenue = self.actual_revenue_base = None
        self.lost_reason, self.lost_to = "", None
        self.forecast_category = ForecastCategory.PIPELINE
        self.probability = USUAL_PROBABILITY[Stage(self.stage)]

    def _enter(self, to: Stage | None) -> None:
        """A probability that nobody touched follows the stage."""
        if to and self.probability == USUAL_PROBABILITY[Stage(self.stage)]:
            self.probability = USUAL_PROBABILITY[to]
        self.stage_since = timezone.now()


class StageVisit(models.Model):
    """One stay in a stage; the open one has no `left_at`."""

    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="visits")
    stage = models.CharField(max_length=10, choices=Stage)
    entered_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["entered_at", "pk"]
        indexes = [models.Index(fields=["entered_at"], name="stage_visit_by_time")]
        constraints = [
            models.UniqueConstraint(
                name="stage_visit_one_open_per_opportunity", fields=["opportunity"], condition=Q(left_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} from {self.entered_at:%Y-%m-%d}"


class OpportunityClose(models.Model):
    """How it ended; each close is kept, also those undone by a reopening. `revenue` is in the deal's currency: what was won,
    or what still came of a deal that was lost.
    """

    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="closes")
    status = models.CharField(max_length=6, choices=OpportunityStatus)
    reason = models.CharField(max_length=20, choices=LostReason, blank=True)
    competitor = models.ForeignKey("sales.Competitor", models.SET_NULL, null=True, related_name="+")
    revenue = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    closed_on = models.DateField()
    description = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["at"], name="opportunity_close_by_time")]

    def __str__(self) -> str:
        return f"{self.get_status_display()} on {self.closed_on}"
