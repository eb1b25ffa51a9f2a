"""A file on its way in: how it is read and mapped, each line staged with its verdict, and what became of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.models.work import Progress, WorkQuerySet


class Import(Progress, models.Model):
    """One file of one kind. Runs as a job over `ImportLine`, in batches that each commit with their progress.

    `kind` is the name of an importer (crm/hooks/importers.py). A workbook keeps the rows of its chosen sheet in `rows`.
    """

    class Status(models.TextChoices):
        NEW = "new", _("Waiting for its mapping")
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")
        REVERTING = "reverting", _("Being reverted")
        REVERTED = "reverted", _("Reverted")

    WORKING = (Status.CHECKING, Status.RUNNING, Status.REVERTING)

    class Policy(models.TextChoices):
        BOTH = "both", _("Create new and update known")
        CREATE = "create", _("Only create new")
        UPDATE = "update", _("Only update known")

    class Known(models.TextChoices):
        OVERWRITE = "overwrite", _("Overwrite what the file says otherwise")
        FILL = "fill", _("Fill in only what is blank")

    class Doubtful(models.TextChoices):
        SKIP = "skip", _("Leave the line out")
        CREATE = "create", _("Create it all the same")
        QUEUE = "queue", _("Create it, and put the pair into the duplicate queue")

    kind = models.CharField(max_length=40, default="crm.contact")
    file = models.FileField(upload_to="imports/")
    file_name = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status, default=Status.NEW)
    problem = models.TextField(blank=True)

    encoding = models.CharField(max_length=20, blank=True, help_text="Empty for a workbook.")
    separator = models.CharField(max_length=1, blank=True)
    sheets = models.JSONField(default=list, blank=True, help_text="The names of a workbook's sheets.")
    sheet = models.CharField(max_length=100, blank=True)
    rows = models.FileField(upload_to="imports/", blank=True)
    columns = models.JSONField(default=list, help_text="The header of the file.")
    day_first = models.BooleanField(default=True, help_text="3/4/2026 is a day in April.")
    decimal_comma = models.BooleanField(default=False, help_text="1.234,50 is a little over a thousand.")

    mapping = models.JSONField(default=dict, help_text="Number of the column (a string) -> what it becomes.")
    policy = models.CharField(max_length=10, choices=Policy, default=Policy.BOTH)
    known = models.CharField(max_length=10, choices=Known, default=Known.OVERWRITE)
    doubtful = models.CharField(max_length=10, choices=Doubtful, default=Doubtful.SKIP)
    creates_related = models.BooleanField(default=True, help_text="Accounts and tags that are named and not known.")
    assigns_by_rules = models.BooleanField(
        default=False, db_default=False, help_text="What the file names no owner for is given to somebody by the rules."
    )
    starts_journeys = models.BooleanField(default=False)
    consent = models.JSONField(
        default=dict, blank=True, help_text="Consent that the people in the file gave, with its source."
    )

    total = models.PositiveIntegerField(default=0)
    handled = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0, help_text="The last line of the file that the run has done.")
    linked = models.PositiveIntegerField(default=0, help_text="The last line whose record has been tied to others.")
    created_count = models.PositiveIntegerField(default=0)
    updated_count = models.PositiveIntegerField(default=0)
    unchanged_count = models.PositiveIntegerField(default=0)
    error_count = models.PositiveIntegerField(default=0)
    skipped_count = models.PositiveIntegerField(default=0)
    reverted_count = models.PositiveIntegerField(default=0)
    kept_count = models.PositiveIntegerField(default=0)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="imports")
    reverted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    claim = models.CharField(max_length=36, null=True)

    objects = WorkQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("crm:import", args=[self.pk])

    @property
    def is_partial(self) -> bool:
        """It stopped in the middle: some lines are done, the rest can be done later, or what is done can be taken back."""
        return self.status in (self.Status.CANCELLED, self.Status.FAILED) and self.position > 0

    @property
    def can_be_reverted(self) -> bool:
        return self.is_partial or self.status == self.Status.DONE


class ImportLine(models.Model):
    """One line of the file, staged: its values, what would happen or happened, and why not.

    `before` holds what an update changed, {column: [old, new]}; `version` is the record's after it, null where the line
    made the record. `undone` says what a revert did.
    """

    class Verdict(models.TextChoices):
        CREATE = "create", _("Create")
        UPDATE = "update", _("Update")
        SAME = "same", _("Unchanged")
        ERROR = "error", _("Error")
        SKIP = "skip", _("Left out")

    class Undone(models.TextChoices):
        REVERTED = "reverted", _("Reverted")
        KEPT = "kept", _("Kept")

    of = models.ForeignKey(Import, models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField(help_text="The line in the file; the header is line 1.")
    values = models.JSONField()
    match_key = models.CharField(max_length=254, blank=True, help_text="The normal form that finds duplicates.")
    verdict = models.CharField(max_length=10, choices=Verdict, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    record_id = models.BigIntegerField(null=True)
    account_id = models.BigIntegerField(null=True)
    like_id = models.BigIntegerField(null=True, help_text="The record that this may be a duplicate of.")
    before = models.JSONField(null=True)
    version = models.PositiveIntegerField(null=True)
    undone = models.CharField(max_length=10, choices=Undone, blank=True, default="", db_default="")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["of", "number"], name="import_line_once")]
        indexes = [
            models.Index(fields=["of", "verdict", "number"], name="import_line_by_verdict"),
            models.Index(fields=["of", "match_key"], name="import_line_by_match"),
        ]

    def __str__(self) -> str:
        return f"line {self.number}"
