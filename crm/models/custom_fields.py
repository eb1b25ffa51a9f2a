"""Custom fields: what a company adds to its records without code. Values stand in the record's JSON column `custom`, by key."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access.depths import may

KEY = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
"""No double underscore: it parts a field from its operator in the name of a filter."""


class CustomFieldQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        return self.reachable_by(user, "view")

    def reachable_by(self, user: Any, verb: str) -> Self:
        """Definitions belong to the company: a role reaches all of them or none."""
        return self.all() if may(user, "crm.customfield", verb) else self.none()

    def shown(self) -> Self:
        return self.filter(is_retired=False)


class CustomField(models.Model):
    """A definition. `key` never changes; `type` only while no record has a value.

    `choices` are [{"value", "label", "colour", "is_retired"}] in their order. `to` names what a lookup points at. `places`
    are the decimal places of a number. A retired field is shown nowhere and keeps its values. `is_indexed` asks for an
    index, which a job makes; `index_state` says how far it is.
    """

    class Kind(models.TextChoices):
        ACCOUNT = "crm.account", _("Account")
        CONTACT = "crm.contact", _("Contact")
        LEAD = "sales.lead", _("Lead")
        OPPORTUNITY = "sales.opportunity", _("Opportunity")

    class Type(models.TextChoices):
        """Named as the kinds of field of crm.hooks.records."""

        TEXT = "text", _("Text")
        LONGTEXT = "longtext", _("Long text")
        NUMBER = "number", _("Number")
        MONEY = "money", _("Money")
        DAY = "day", _("Date")
        CHOICE = "choice", _("Choice")
        CHOICES = "choices", _("Several choices")
        YESNO = "yesno", _("Yes or no")
        URL = "url", _("Web address")
        LOOKUP = "lookup", _("Another record")

    class To(models.TextChoices):
        ACCOUNT = "crm.account", _("An account")
        CONTACT = "crm.contact", _("A contact")
        LEAD = "sales.lead", _("A lead")
        OPPORTUNITY = "sales.opportunity", _("An opportunity")
        CAMPAIGN = "crm.campaign", _("A campaign")
        USER = "crm.user", _("A user")
        TEAM = "crm.team", _("A team")

    class Index(models.TextChoices):
        NONE = "", _("None")
        WANTED = "wanted", _("Wanted")
        MAKING = "making", _("Being made")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")
        UNWANTED = "unwanted", _("Being taken away")

    kind = models.CharField(_("kind of record"), max_length=40, choices=Kind)
    key = models.CharField(
        max_length=40,
        validators=[RegexValidator(KEY, _("A key is of small letters, digits and single underscores: contract_ends."))],
    )
    label = models.CharField(max_length=80)
    type = models.CharField(max_length=10, choices=Type)
    to = models.CharField(_("points at"), max_length=40, choices=To, blank=True)
    choices = models.JSONField(default=list, blank=True)
    help_text = models.CharField(_("help"), max_length=300, blank=True)
    is_required = models.BooleanField(_("required"), default=False)
    default = models.JSONField(null=True, blank=True)
    places = models.PositiveSmallIntegerField(_("decimal places"), default=0)
    lowest = models.DecimalField(_("at least"), max_digits=18, decimal_places=6, null=True, blank=True)
    highest = models.DecimalField(_("at most"), max_digits=18, decimal_places=6, null=True, blank=True)
    group = models.CharField(_("section"), max_length=80, blank=True)
    order = models.PositiveIntegerField(default=0)
    is_listed = models.BooleanField(_("shown in the list"), default=False)
    is_retired = models.BooleanField(_("retired"), default=False)
    is_indexed = models.BooleanField(_("searched often"), default=False)
    index_state = models.CharField(max_length=8, choices=Index, default=Index.NONE, blank=True, editable=False)
    index_problem = models.CharField(max_length=500, blank=True, editable=False)
    index_due_at = models.DateTimeField(null=True, editable=False)
    emptied_up_to = models.BigIntegerField(null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CustomFieldQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="custom_field_key_once_a_kind"),
            models.CheckConstraint(
                name="custom_field_points_at_something_where_it_is_a_lookup",
                condition=(models.Q(type="lookup") & ~models.Q(to="")) | (~models.Q(type="lookup") & models.Q(to="")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["index_due_at"],
                name="custom_field_index_due",
                condition=models.Q(index_due_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def name(self) -> str:
        """As a field of its kind: “custom.plan”."""
        return f"custom.{self.key}"

    @property
    def field_kind(self) -> str:
        """As a kind of field: who points at a user, names a person."""
        return "person" if self.to == self.To.USER else self.type

    @property
    def is_being_deleted(self) -> bool:
        """A job takes its values out of the records, up to this key; then it is gone."""
        return self.emptied_up_to is not None
