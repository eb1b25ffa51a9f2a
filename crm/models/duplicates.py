"""What makes two records alike (rules), which pairs are to be looked at, and the searches that found them."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.models.accounts import Account
from crm.models.contacts import Contact
from crm.models.work import Progress, WorkQuerySet

KINDS: dict[str, Any] = {"crm.contact": Contact, "crm.account": Account}
"""The kinds of record that have duplicates. A lead is about a contact: people that are one are found there."""


class Strength(models.IntegerChoices):
    POSSIBLE = 1, _("Possible")
    CERTAIN = 2, _("Certain")


class DuplicateRule(models.Model):
    """Two records of a kind are alike where all `forms` of the rule are the same and filled.

    `key` names the forms (“name+company”; crm/queries/likeness.py knows them) and stands in the reasons of each pair.
    A form that more than `largest_group` records share (a switchboard's number) says nothing and is left out.
    """

    kind = models.CharField(
        max_length=20, choices=[("crm.contact", _("Contacts and leads")), ("crm.account", _("Accounts"))]
    )
    key = models.CharField(_("what is the same"), max_length=100)
    strength = models.PositiveSmallIntegerField(
        choices=Strength,
        default=Strength.POSSIBLE,
        help_text=_("Certain: the API refuses to create such a record unless it is told that this is meant."),
    )
    largest_group = models.PositiveSmallIntegerField(
        default=20,
        help_text=_("What more records than this have in common, like the number of a switchboard, says nothing."),
    )
    leaves_out_inactive = models.BooleanField(default=False, help_text=_("Inactive records are no duplicates then."))
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["kind", "-strength", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="duplicate_rule_once"),
            models.CheckConstraint(name="duplicate_rule_compares_two", condition=Q(largest_group__gte=2)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.key}"

    @property
    def forms(self) -> list[str]:
        return self.key.split("+")


class DuplicateSearch(Progress, models.Model):
    """A search over the whole base: rule by rule, in slices of the sorted forms, each with its progress committed.

    `plan` is [[key of a rule, records it looks at], …]; the next slice is that of rule `rule_at` after the value `after`.
    """

    class Status(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    WORKING = (Status.RUNNING,)

    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    problem = models.TextField(blank=True)
    total = models.PositiveBigIntegerField(default=0)
    handled = models.PositiveBigIntegerField(default=0)
    found = models.PositiveIntegerField(default=0, help_text="Pairs that were not known before.")
    gone = models.PositiveIntegerField(default=0, help_text="Open pairs that are no longer alike.")
    plan = models.JSONField(default=list)
    rule_at = models.PositiveSmallIntegerField(default=0)
    after = models.CharField(max_length=254, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    claim = models.CharField(max_length=36, null=True)

    objects = WorkQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "duplicate searches"
        constraints = [
            models.UniqueConstraint(
                fields=["status"], condition=Q(status="running"), name="duplicate_search_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"Search for duplicates #{self.pk}"


class DuplicateQuerySet(models.QuerySet):
    def open(self) -> Self:
        return self.filter(status=Duplicate.Status.OPEN)

    def visible_to(self, user: Any) -> Self:
        """Pairs of which the user sees both records."""
        found = Q(pk__in=[])
        for kind, model in KINDS.items():
            seen = model.objects.visible_to(user).values("pk")
            found |= Q(kind=kind, first_id__in=seen, second_id__in=seen)
        return self.filter(found)

    def owned_by(self, user: Any) -> Self:
        """Pairs of which one is this user's."""
        found = Q(pk__in=[])
        for kind, model in KINDS.items():
            theirs = model.objects.filter(owner=user).values("pk")
            found |= Q(kind=kind, first_id__in=theirs) | Q(kind=kind, second_id__in=theirs)
        return self.filter(found)

    def about(self, record: models.Model) -> Self:
        """Pairs with this record in them."""
        return self.filter(Q(first_id=record.pk) | Q(second_id=record.pk), kind=record._meta.label_lower)


class Duplicate(models.Model):
    """Two records of a kind that may be one: to be merged, or to be remembered as different for ever.

    `first_id` is the older one. `reasons` are keys of rules with commas between them; the values that are the same are not
    stored here, they are read from the records when somebody looks.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("To be looked at")
        DISMISSED = "dismissed", _("Not a duplicate")
        MERGED = "merged", _("Merged")

    class FoundBy(models.TextChoices):
        SEARCH = "search", _("Search")
        CAPTURE = "capture", _("Form or lead")
        PAGE = "page", _("Created anyway")
        API = "api", _("API")
        IMPORT = "import", _("Import")

    kind = models.CharField(max_length=20)
    first_id = models.BigIntegerField()
    second_id = models.BigIntegerField()
    strength = models.PositiveSmallIntegerField(choices=Strength)
    reasons = models.CharField(max_length=300)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    found_by = models.CharField(max_length=10, choices=FoundBy)
    found_at = models.DateTimeField()
    seen_in = models.BigIntegerField(default=0, help_text="The search that saw it last.")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = DuplicateQuerySet.as_manager()

    class Meta:
        ordering = ["-strength", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "first_id", "second_id"], name="duplicate_pair_once"),
            models.CheckConstraint(name="duplicate_older_first", condition=Q(first_id__lt=F("second_id"))),
        ]
        indexes = [
            models.Index(fields=["kind", "second_id"], name="duplicate_by_second"),
            models.Index(fields=["status", "-strength", "-id"], name="duplicate_queue"),
            models.Index(fields=["kind", "seen_in"], condition=Q(status="open"), name="duplicate_open_by_search"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.first_id} and {self.second_id}"

    def get_absolute_url(self) -> str:
        return f"{reverse('crm:duplicates')}?kind={self.kind}#pair-{self.pk}"

    @property
    def reason_keys(self) -> list[str]:
        return self.reasons.split(",")
