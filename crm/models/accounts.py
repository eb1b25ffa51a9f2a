"""A company we sell to, and the tree that companies form."""

from __future__ import annotations

from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower, Replace, Trim, Upper
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.models.merges import IS_MERGED, Mergeable
from crm.models.normal_forms import NormalForms, NormalFormsQuerySet, filled, form_column, to_be_made
from crm.models.records import Record
from crm.normal import folded_company, web_domain
from crm.phones import normal_phone

UP = """
    WITH RECURSIVE up(id, parent_id) AS (
        SELECT id, parent_id FROM crm_account WHERE id = %s
        UNION SELECT above.id, above.parent_id FROM crm_account above JOIN up ON above.id = up.parent_id)
    SELECT id FROM up
"""
DOWN = """
    WITH RECURSIVE down(id) AS (
        SELECT id FROM crm_account WHERE id = %s
        UNION SELECT below.id FROM crm_account below JOIN down ON below.parent_id = down.id)
    SELECT id FROM down
"""


class AccountQuerySet(NormalFormsQuerySet):
    """The words of the tree. UNION, not UNION ALL: a circle that somebody made by hand ends, too."""

    def at_or_above(self, pk: int) -> Self:
        """An account and everything it belongs to, up to the top."""
        return self.filter(pk__in=RawSQL(UP, [pk]))

    def at_or_below(self, pk: int) -> Self:
        """An account and everything that belongs to it, however deep: its branch."""
        return self.filter(pk__in=RawSQL(DOWN, [pk]))


def _without(signs: str, column: str) -> Any:
    """The column without these signs, as an expression that the database computes."""
    expression: Any = models.F(column)
    for sign in signs:
        expression = Replace(expression, Value(sign), Value(""))
    return expression


class Account(NormalForms, Mergeable, Record):
    """A company or organisation; accounts form a tree by `parent`."""

    name = models.CharField(max_length=200)
    number = models.CharField(max_length=20, blank=True)
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")
    primary_contact = models.ForeignKey("crm.Contact", models.SET_NULL, null=True, blank=True, related_name="+")
    industry = models.CharField(max_length=100, blank=True)
    website = models.URLField(blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    street = models.CharField(max_length=200, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100, blank=True)
    region = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="Two letters, e.g. IN.")
    vat_id = models.CharField("VAT id", max_length=30, blank=True)
    employees = models.PositiveIntegerField(null=True, blank=True)
    annual_revenue = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.ForeignKey("crm.Currency", models.PROTECT, null=True, blank=True)
    description = models.TextField(blank=True)
    is_active = models.BooleanField(default=True)
    name_normal = models.GeneratedField(
        expression=Lower(Trim("name")),
        output_field=models.CharField(max_length=200),
        db_persist=True,
    )
    email_normal = models.GeneratedField(
        expression=Lower(Trim("email")), output_field=models.CharField(max_length=254), db_persist=True
    )
    vat_normal = models.GeneratedField(
        expression=Upper(_without(" .-/", "vat_id")), output_field=models.CharField(max_length=30), db_persist=True
    )
    phone_normal = form_column(20)
    name_key = form_column()
    domain = form_column()

    forms_come_from = frozenset(("name", "website", "phone", "country"))
    form_columns = ("phone_normal", "name_key", "domain")

    named_by = ("name", "merged_into_id", "deleted_at")
    objects = AccountQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["name", "pk"]
        indexes = [
            models.Index(fields=["name", "id"], name="account_by_name"),
            models.Index(fields=["name_normal"], name="account_by_normal_name"),
            models.Index(fields=["number"], name="account_by_number", condition=filled("number")),
            models.Index(fields=["owner", "name", "id"], name="account_by_owner"),
            models.Index(fields=["city", "id"], name="account_by_city"),
            models.Index(fields=["country", "id"], name="account_by_country"),
            models.Index(fields=["created_at", "id"], name="account_by_creation"),
            models.Index(fields=["updated_at", "id"], name="account_by_change"),
            models.Index(Upper("city"), name="account_in_city"),
            models.Index(Upper("name"), name="account_named"),
            models.Index(fields=["name", "id"], name="account_inactive", condition=models.Q(is_active=False)),
            models.Index(fields=["name_key"], name="account_by_key", condition=filled("name_key")),
            models.Index(fields=["domain"], name="account_by_domain", condition=filled("domain")),
            models.Index(fields=["phone_normal"], name="account_by_phone", condition=filled("phone_normal")),
            models.Index(fields=["vat_normal"], name="account_by_vat", condition=filled("vat_normal")),
            models.Index(fields=["email_normal"], name="account_by_email", condition=filled("email_normal")),
            models.Index(fields=["id"], name="account_without_forms", condition=to_be_made()),
            models.Index(fields=["merged_into"], name="account_merged", condition=IS_MERGED),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Under a new name, the forms of its people (name and company) are to be made anew."""
        is_new = self._state.adding
        super().save(*args, **kwargs)
        if not is_new:
            self.contacts.exclude(company_key=self.name_key).update(normal_version=0)

    def get_absolute_url(self) -> str:
        return reverse("crm:account", args=[self.pk])

    def clean(self) -> None:
        """No account is its own grandparent. Every form, the API and every action ask here."""
        super().clean()
        if self.pk and self.parent_id and Account.objects.at_or_above(self.parent_id).filter(pk=self.pk).exists():
            sentence = _("“%(parent)s” belongs to “%(account)s” already, so it cannot be above it.")
            if self.parent_id == self.pk:
                sentence = _("An account cannot belong to itself.")
            raise ValidationError({"parent": sentence % {"parent": self.parent, "account": self}})

    def forms(self) -> dict[str, str]:
        return {
            "phone_normal": normal_phone(self.phone, self.country),
            "name_key": folded_company(self.name),
            "domain": web_domain(self.website),
        }
