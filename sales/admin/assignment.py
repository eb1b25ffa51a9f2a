"""Who gets the leads: the assignment rules under Set-up, and what they would do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.admin.base import GrantedAdmin
from crm.models import User
from crm.rules.forms import RuleField
from sales.actions.assignment import available
from sales.actions.unassigned import ask_for_another_try
from sales.models import AssignmentRule
from sales.queries.rule_lines import KIND, in_words


class AssignmentRuleForm(forms.ModelForm):
    when = RuleField(label=_("Only leads of which"), of=KIND, preview="full", required=False)

    class Meta:
        model = AssignmentRule
        fields = (
            "name", "order", "is_active", "campaign", "when", "distribution", "users", "team", "respects_hours", "waits",
        )  # fmt: skip

    def clean_when(self) -> Any:
        """No condition at all is every lead."""
        return self.cleaned_data["when"] or None


@admin.register(AssignmentRule)
class AssignmentRuleAdmin(GrantedAdmin):
    form = AssignmentRuleForm
    list_display = ("name", "order", "is_active", "which", "distribution", "who", "last_owner")
    list_editable = ("order", "is_active")
    list_select_related = ("campaign", "last_owner", "team")
    fieldsets = (
        (None, {"fields": ("name", ("order", "is_active"))}),
        (_("Which leads"), {"fields": ("campaign", "when"), "description": _("Nothing here: every lead.")}),
        (
            _("Who gets them"),
            {
                "fields": ("distribution", "users", "team", "respects_hours", "waits"),
                "description": _("Neither people nor a team: everybody whose role takes leads."),
            },
        ),
    )

    @admin.display(description=_("Which leads"))
    def which(self, rule: AssignmentRule) -> str:
        return in_words(rule) or str(_("All"))

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

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Leads that wait are tried again by the rules as they are now."""
        super().save_related(request, form, formsets, change)
        ask_for_another_try()

    def delete_model(self, request: HttpRequest, obj: AssignmentRule) -> None:
        super().delete_model(request, obj)
        ask_for_another_try()
