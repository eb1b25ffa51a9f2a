"""Views of lists that people keep: a name for a query string, of their own, of a team's, or for everybody."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.access.depths import Depth, depth_of

RESOURCE = "crm.savedview"


class SavedViewQuerySet(models.QuerySet):
    def of_kind(self, kind: str) -> Self:
        return self.filter(kind=kind)

    def visible_to(self, user: Any) -> Self:
        """One's own, those of one's team, and those for everybody."""
        theirs = Q(owner=user) | Q(shared=SavedView.Shared.EVERYBODY)
        return self.filter(theirs | Q(shared=SavedView.Shared.TEAM, team=user.team_id) if user.team_id else theirs)


class SavedView(models.Model):
    """`query` says everything: filters, advanced filter, sort and columns, as in the address of the list."""

    class Shared(models.TextChoices):
        PRIVATE = "private", _("Only me")
        TEAM = "team", _("My team")
        EVERYBODY = "everybody", _("Everybody")

    kind = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    query = models.TextField(blank=True, max_length=20_000)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    shared = models.CharField(max_length=10, choices=Shared, default=Shared.PRIVATE)
    team = models.ForeignKey("crm.Team", models.CASCADE, null=True, blank=True, related_name="+")
    others_may_change = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["kind", "shared"], name="saved_view_by_kind")]
        constraints = [
            models.CheckConstraint(
                name="saved_view_of_a_team_names_it",
                condition=Q(shared="team", team__isnull=False) | (~Q(shared="team") & Q(team=None)),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """How the address of the list names it."""
        return str(self.pk)

    @property
    def label(self) -> str:
        return self.name

    def may_be_changed_by(self, user: Any) -> bool:
        """Its owner; those it is shared with, where the owner lets them; and whoever keeps everybody's views in order."""
        if self.owner_id == user.pk or depth_of(user, RESOURCE, "change") == Depth.ALL:
            return True
        is_shared_with = self.shared == self.Shared.EVERYBODY or (self.team_id and self.team_id == user.team_id)
        return bool(self.others_may_change and is_shared_with)


class DefaultView(models.Model):
    """The view with which a list opens for one person: the key of a saved view, or of one that comes with the kind."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    view = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="default_view_once_per_list")]

    def __str__(self) -> str:
        return f"{self.user}: {self.kind} opens with {self.view}"
