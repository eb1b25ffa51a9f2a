"""Set-up › Privacy: how long which data is kept, and the proofs of erasures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.actions.privacy import days_of, hash_of, set_retention
from crm.admin.base import GrantedAdmin
from crm.errors import CrmError
from crm.hooks import retention
from crm.models import Erasure, RetentionRule

RESOURCE = "crm.privacy"
CAP = 10_000


class RetentionForm(forms.Form):
    """A number of days by kind of data; empty keeps it for ever."""

    def __init__(self, *args: Any, rules: dict[str, int | None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for keeping in retention.all_keepings():
            self.fields[keeping.name] = forms.IntegerField(
                label=str(keeping.label), required=False, min_value=keeping.least, max_value=36_500,
                initial=days_of(keeping.name, rules), help_text=str(keeping.says),
                widget=forms.NumberInput(attrs={"placeholder": _("for ever"), "class": "form-control"}),
            )  # fmt: skip


@admin.register(Erasure)
class ErasureAdmin(GrantedAdmin):
    resource = RESOURCE
    list_display = ["at", "mode", "reason", "by"]
    change_list_template = "admin/crm/erasures.html"
    fields = ("at", "mode", "reason", "by", "address_hash", "counts", "kept")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Asked by an address, which is compared by its hash."""
        return (queryset.filter(address_hash=hash_of(search_term)) if search_term else queryset), False

    search_fields = ["address_hash"]
    search_help_text = "Was this address erased? Type it whole."

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.retention_page)
        return [path("retention/", view, name="crm_retention"), *super().get_urls()]

    def retention_page(self, request: HttpRequest) -> HttpResponse:
        if not self.has_module_permission(request):
            return self.admin_site.login(request)
        rules = {rule.name: rule for rule in RetentionRule.objects.all()}
        days = {name: rule.days for name, rule in rules.items()}
        form = RetentionForm(request.POST or None, rules=days)
        may_change = self.reaches(request, "change", None)
        if may_change and form.is_valid():
            try:
                set_retention(form.cleaned_data, by=request.user)  # type: ignore[arg-type]
                messages.success(request, _("Saved. The next run, within a day, goes by it."))
                return HttpResponseRedirect(reverse("admin:crm_retention"))
            except CrmError as problem:
                form.add_error(problem.field, problem.message)
        rows = [self._row(form, keeping, rules.get(keeping.name)) for keeping in retention.all_keepings()]
        context = {
            **self.admin_site.each_context(request),
            "title": _("How long data is kept"),
            "rows": rows,
            "form": form,
            "may_change": may_change,
        }
        return render(request, "admin/crm/retention.html", context, status=422 if form.errors else 200)

    def _row(self, form: RetentionForm, keeping: retention.Keeping, rule: RetentionRule | None) -> dict[str, Any]:
        """The field, and how many rows the days in force would let go now."""
        days = rule.days if rule else keeping.days
        waiting = ""
        if days is not None:
            count = keeping.old(timezone.now() - timedelta(days=days)).order_by()[: CAP + 1].count()
            waiting = f"{CAP:,}+" if count > CAP else f"{count:,}"
        return {"field": form[keeping.name], "keeping": keeping, "rule": rule, "waiting": waiting}
