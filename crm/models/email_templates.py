"""Emails that people write again and again: one's own, a team's, the company's."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.access.depths import Depth, depth_of


class EmailTemplateQuerySet(models.QuerySet):
    """A personal template is its writer's alone, whatever a role reaches; the company's are everybody's."""

    def visible_to(self, user: Any) -> Self:
        """What this user may write with: their own, their team's, the company's."""
        if depth_of(user, EmailTemplate._meta.label_lower, "view") == Depth.NONE:
            return self.none()
        reach = EmailTemplate.Reach
        theirs = Q(owner=user) | Q(reach=reach.EVERYBODY)
        return self.filter(theirs | Q(reach=reach.TEAM, team=user.team_id) if user.team_id else theirs)

    def reachable_by(self, user: Any, verb: str) -> Self:
        """Their own; those of others that are seen, where the role reaches farther than what is one's own."""
        depth = depth_of(user, EmailTemplate._meta.label_lower, verb)
        if depth == Depth.NONE:
            return self.none()
        seen = self.visible_to(user)
        return seen.filter(owner=user) if depth == Depth.OWN else seen

    def editable_by(self, user: Any) -> Self:
        return self.reachable_by(user, "change")

    def writing_about(self, label: str, language: str = "") -> Self:
        """In use, for such records (“sales.lead”), those in the reader's language and for this very kind first."""
        fitting = self.filter(Q(about="") | Q(about=label), is_active=True)
        if language:
            fitting = fitting.filter(Q(language="") | Q(language=language))
        return fitting.order_by("-language", "-about", "name", "pk")


class EmailTemplate(models.Model):
    """Subject and text with tokens (“{{ contact.first_name }}”), filled from the record that is written about.

    `about` is the label of the records it is for, empty for any. Its files (crm.Attachment) go with every email.
    """

    class Reach(models.TextChoices):
        PERSONAL = "personal", _("Only me")
        TEAM = "team", _("My team")
        EVERYBODY = "everybody", _("Everybody")

    name = models.CharField(max_length=120)
    subject = models.CharField(max_length=200)
    html = models.TextField()
    about = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=10, blank=True, help_text="Empty: for readers of any language.")
    reach = models.CharField(max_length=10, choices=Reach, default=Reach.PERSONAL)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    team = models.ForeignKey("crm.Team", models.SET_NULL, null=True, blank=True, related_name="+")
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = EmailTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [
            models.Index(fields=["owner", "name"], name="email_template_by_owner"),
            models.Index(fields=["reach", "team", "name"], name="email_template_by_reach"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("crm:email-template", args=[self.pk])
