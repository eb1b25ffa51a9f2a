"""What every owned record shares: an owner, a version against lost updates, custom values, a bin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models

from crm.access.depths import reaches_plainly, within_reach
from crm.access.see import must_be_able_to
from crm.audit import current_source

if TYPE_CHECKING:
    from crm.models.users import User


class RecordQuerySet(models.QuerySet):
    """The words that come first on every page: who may see it, who may change it."""

    def alive(self) -> Self:
        return self.filter(deleted_at=None)

    def visible_to(self, user: Any) -> Self:
        """The rows this user may see; records in the bin are not among them."""
        return self.reachable_by(user, "view")

    def editable_by(self, user: Any) -> Self:
        return self.reachable_by(user, "change")

    def reachable_by(self, user: Any, verb: str) -> Self:
        """The rows the user's roles reach with `verb`: view, change or delete."""
        return within_reach(self.alive(), user, verb)

    def visible_one(self, pk: Any, user: Any) -> Any:
        """The row, if the user may see it, else None.

        Most pages are opened by the owner or their team: where the row itself says so, the long question of shares and
        paths is not asked.
        """
        found: Any = self.alive().filter(pk=pk).first()
        if found is None:
            return None
        plainly = reaches_plainly(user, "view", found)
        otherwise: Any = type(found)._default_manager
        seen = plainly if plainly is not None else otherwise.visible_to(user).filter(pk=pk).exists()
        return found if seen else None

    def in_bin(self) -> Self:
        """What was deleted. A record that was merged into another one rests as well, but not here: it is brought back by an undo."""
        rows = self.filter(deleted_at__isnull=False)
        return rows.filter(merged_into=None) if hasattr(self.model, "merged_into_id") else rows

    def in_bin_reachable_by(self, user: Any, verb: str) -> Self:
        """The same reach among what rests in the bin."""
        return within_reach(self.in_bin(), user, verb)


class Record(models.Model):
    """An owned record. Without an owner it belongs to its `team`, or to everybody who sees everything."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="owner"
    )
    team = models.ForeignKey("crm.Team", models.PROTECT, null=True, blank=True, related_name="+")
    custom = models.JSONField(default=dict, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = RecordQuerySet.as_manager()

    class Meta:
        abstract = True

    def get_additional_data(self) -> dict[str, str] | None:
        """What the history keeps beside a change: where it came from (crm/audit.py)."""
        return current_source()

    def must_be_editable_by(self, user: User) -> Self:
        """The record itself, or Forbidden with a sentence."""
        must_be_able_to(user, "change", self)
        return self
