"""Who gets the leads: the assignment rules under Set-up, and what they would do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.admin.base import GrantedAdmin
from crm.models import User
from crm.rules.forms import RuleField
from sales.actions.unassigned import ask_for_another_try
from sales.models import AssignmentRule
from sales.queries.dry_run import dry_run
from sales.queries.rule_lines import KIND, in_words, people_of, takers_of

PERIODS = ((1, _("Since yesterday")), (7, _("Last 7 days")), (30, _("Last 30 days")))
LONGEST, FEW = 90, 3
NOT_POSTED = {"csrfmiddlewaretoken", "seen"}
DRY_RUN = "admin/sales/assignmentrule/dry_run.html"


class AssignmentRuleForm(forms.ModelForm):
    when = RuleField(label=_("Only leads of which"), of=KIND, preview="full", required=False)

    class Meta:
        model = AssignmentRule
        fields = (
            "name", "order", "is_active", "campaign", "when", "distribution", "users", "team", "respects_hours", "waits",
        )  # fmt: skip

    def people(self) -> list[int]:
        """The ids of those who would take part, of a valid form."""
        return takers_of(self.instance, [user.pk for user in self.cleaned_data["users"] if user.is_active])

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

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.dry_run_view)
        return [path("dry-run/", page, name="sales_assignmentrule_dry_run"), *super().get_urls()]

    def dry_run_view(self, request: HttpRequest) -> HttpResponse:
        """What the rules would have done with the leads of the last days; a POST brings a rule as it is being edited."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rule = AssignmentRule.objects.filter(pk=_number(request.GET.get("rule"))).first() or AssignmentRule()
        form = AssignmentRuleForm(request.POST, instance=rule) if request.method == "POST" else None
        days = min(_number(request.GET.get("days")) or 1, LONGEST)
        run = None
        if form is None or form.is_valid():
            now = timezone.now()
            midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
            run = dry_run(request.user, midnight - timedelta(days=days), now, _edited(form))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("What would the rules have done?"),
            "run": run,
            "days": days,
            "periods": PERIODS,
            "rule": rule,
            "form": form,
            "posted": [
                (name, one) for name, values in request.POST.lists() if name not in NOT_POSTED for one in values
            ],
        }
        return render(request, DRY_RUN, context, status=422 if form and form.errors else 200)

    @admin.display(description=_("Which leads"))
    def which(self, rule: AssignmentRule) -> str:
        return in_words(rule) or str(_("All"))

    @admin.display(description=_("takes part"))
    def who(self, rule: AssignmentRule) -> str:
        """In words, so that a rule that finds nobody is seen before a lead is lost on it."""
        names: list[str] = rule.takers  # type: ignore[attr-defined]
        if not names:
            return str(_("Nobody: this rule cannot hand out leads."))
        more = len(names) - FEW
        return ", ".join(names[:FEW]) + (f" +{more}" if more > 0 else "")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Each rule with the names of its people, read at one go."""
        shown = super().get_changelist_instance(request)
        rules = list(shown.result_list)
        people = people_of(rules)
        names = dict(User.objects.filter(is_active=True).order_by("name").values_list("pk", "name"))
        for rule in rules:
            rule.takers = [name for pk, name in names.items() if pk in people[rule.pk]]
        return shown

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "users":
            kwargs["queryset"] = User.objects.filter(is_active=True)
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Leads that wait are tried again by the rules as they are now."""
        super().save_related(request, form, formsets, change)
        ask_for_another_try()

    def delete_model(self, request: HttpRequest, obj: AssignmentRule) -> None:
        super().delete_model(request, obj)
        ask_for_another_try()


def _edited(form: AssignmentRuleForm | None) -> tuple[AssignmentRule, list[int]] | None:
    return (form.instance, form.people()) if form else None


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0
