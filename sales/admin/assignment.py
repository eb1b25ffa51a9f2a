"""Who gets the leads: the assignment rules under Set-up."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.admin.base import GrantedAdmin
from crm.models import User
from sales.actions.assignment import available
from sales.models import AssignmentRule


@admin.register(AssignmentRule)
class AssignmentRuleAdmin(GrantedAdmin):
    list_display = ("name", "order", "is_active", "campaign", "distribution", "who", "last_owner")
    list_editable = ("order", "is_active")
    list_select_related = ("campaign", "last_owner")
    fields = ("name", "order", "is_active", "campaign", "distribution", "users")

    @admin.display(description=_("takes part"))
    def who(self, rule: AssignmentRule) -> str:
        """In words, so that a rule that finds nobody is seen before a lead is lost on it."""
        users = available(rule)
        if not users:
            return str(_("Nobody: this rule cannot hand out leads."))
        names = list(User.objects.filter(pk__in=users[:3]).order_by("name").values_list("name", flat=True))
        more = len(users) - len(names)
        return ", ".join(names) + (f" +{more}" if more else "")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "users":
            kwargs["queryset"] = User.objects.filter(is_active=True)
            kwargs["widget"] = forms.CheckboxSelectMultiple(attrs={"class": "many-boxes"})
        return super().formfield_for_manytomany(db_field, request, **kwargs)
