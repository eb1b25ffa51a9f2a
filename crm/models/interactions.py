"""The interaction log: one append-only row for everything a person did or that happened to them, and its readers."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from crm.log.columns import LogEpoch, WriterXid


class Interaction(models.Model):
    """Who, what, on what, when. Written by crm.log.record only; never changed, but for what a reader finds out: a verdict, a stitch, with what it was read.

    `kind` is declared (crm/log/kinds.py). `source_type` and `source_id` name what it happened on (“marketing.email”, 7).
    `verdict` says who did it: human, proxy, prefetch, scanner or bot; "" where the question does not arise.
    Of opens and clicks a reader fills in `client` and `country` (None: not looked up, "": not known); neither has an index,
    because they are counted among the hits of one content only.
    """

    epoch = models.IntegerField(db_default=LogEpoch(), editable=False)
    xid = models.BigIntegerField(db_default=WriterXid(), editable=False)
    kind = models.CharField(max_length=40)
    contact = models.ForeignKey("crm.Contact", models.CASCADE, null=True, related_name="interactions", db_index=False)
    account = models.ForeignKey("crm.Account", models.CASCADE, null=True, related_name="interactions", db_index=False)
    visitor = models.CharField(max_length=40, blank=True)
    campaign = models.ForeignKey(
        "crm.Campaign", models.SET_NULL, null=True, related_name="interactions", db_index=False
    )
    source_type = models.CharField(max_length=40, blank=True)
    source_id = models.BigIntegerField(null=True)
    message = models.ForeignKey(  # unchecked by the database: who writes it has just read the message, a million times
        "crm.Message", models.SET_NULL, null=True, related_name="interactions", db_constraint=False
    )
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)
    data = models.JSONField(default=dict)
    occurred_at = models.DateTimeField(default=timezone.now)
    key = models.CharField(max_length=120, null=True)
    verdict = models.CharField(max_length=10, blank=True)
    verdict_version = models.PositiveSmallIntegerField(default=0)
    client = models.ForeignKey(
        "crm.MailClient", models.PROTECT, null=True, editable=False, db_index=False, related_name="+"
    )
    country = models.CharField(max_length=2, null=True, editable=False)

    class Meta:
        # Every row is written to every index that holds it, and most rows have neither key nor account, campaign or actor.
        indexes = [
            models.Index(fields=["epoch", "xid", "id"], name="interaction_by_position"),
            models.Index(fields=["contact", "-occurred_at"], name="interaction_by_contact"),
            models.Index(fields=["source_type", "source_id", "kind"], name="interaction_by_source"),
            models.Index(fields=["kind", "occurred_at", "contact", "verdict"], name="interaction_by_kind"),
            models.Index(
                fields=["campaign", "kind"], name="interaction_by_campaign", condition=~models.Q(campaign=None)
            ),
            models.Index(
                fields=["verdict_version", "id"],
                name="interaction_by_rule",
                condition=models.Q(verdict_version__gt=0),
            ),
            models.Index(fields=["visitor"], name="interaction_by_visitor", condition=~models.Q(visitor="")),
            models.Index(
                fields=["account", "-occurred_at"], name="interaction_by_account", condition=~models.Q(account=None)
            ),
            models.Index(fields=["actor"], name="interaction_by_actor", condition=models.Q(actor__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                name="interaction_once_per_key", fields=["key"], condition=models.Q(key__isnull=False)
            ),
            models.CheckConstraint(
                name="interaction_is_about_somebody",
                condition=~models.Q(contact=None) | ~models.Q(account=None) | ~models.Q(visitor=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class LogCursor(models.Model):
    """How far a reader has read. It moves in the same transaction as the reader's effects."""

    reader = models.CharField(max_length=60, primary_key=True)
    epoch = models.IntegerField(default=0)
    xid = models.BigIntegerField(default=0)
    position = models.BigIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    batch = models.PositiveIntegerField(default=500)
    problem = models.TextField(blank=True)
    moved_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.reader


class SetAside(models.Model):
    """A row that a reader could not digest after three tries; shown in the admin with its reason.

    `row` is its id: of an interaction, or (where `interaction` is empty) of another table that is read by cursor.
    """

    reader = models.CharField(max_length=60)
    row = models.BigIntegerField()
    interaction = models.ForeignKey(Interaction, models.CASCADE, null=True)
    reason = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "set aside"
        constraints = [models.UniqueConstraint(fields=["reader", "row"], name="set_aside_once")]

    def __str__(self) -> str:
        return f"{self.reader}: {self.interaction or self.row}"
