"""Set-up › Company: one page of settings, and the currencies with their rates."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from crm.access.depths import may
from crm.admin.base import GrantedAdmin
from crm.admin.controls import TableInline
from crm.delivery.pace import recount_people
from crm.models import ChannelRule, Company, Currency, DomainLimit, ExchangeRate
from crm.web.setup import CompanyForm


class SettingsForm(CompanyForm):
    """What the first set-up asks, and what can wait."""

    class Meta(CompanyForm.Meta):
        fields = [
            *CompanyForm.Meta.fields, "utm_source", "utm_medium", "bin_days", "needs_second_factor",
            "approve_sends_over",
        ]  # fmt: skip


@admin.register(Company)
class CompanyAdmin(GrantedAdmin):
    form = SettingsForm

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one company: the list leads to it, or to making it."""
        there = Company.objects.filter(pk=1).exists()
        page = reverse("admin:crm_company_change", args=[1]) if there else reverse("admin:crm_company_add")
        return HttpResponseRedirect(page)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Company.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Company, form: Any, change: bool) -> None:
        obj.pk = 1
        super().save_model(request, obj, form, change)

    def response_change(self, request: HttpRequest, obj: Company) -> HttpResponse:
        self.message_user(request, "The company settings are saved.")
        return HttpResponseRedirect(request.path)


class RateInline(TableInline):
    model = ExchangeRate
    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, "crm.company", "view")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, "crm.company", "change")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, "crm.company", "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, "crm.company", "change")


@admin.register(Currency)
class CurrencyAdmin(GrantedAdmin):
    resource = "crm.company"
    list_display = ["code", "name", "symbol", "decimals"]
    search_fields = ["code", "name"]
    inlines = [RateInline]


@admin.register(ChannelRule)
class ChannelRuleAdmin(GrantedAdmin):
    """Quiet hours, and how often one person is written to."""

    resource = "crm.company"
    list_display = ["channel", "quiet_from", "quiet_until", "most", "days"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["channel"] if obj else []

    def save_model(self, request: HttpRequest, obj: ChannelRule, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if {"most", "days"} & set(form.changed_data):
            recount_people(timezone.now())


@admin.register(DomainLimit)
class DomainLimitAdmin(GrantedAdmin):
    resource = "crm.company"
    list_display = ["domain", "per_hour"]
    search_fields = ["domain"]
