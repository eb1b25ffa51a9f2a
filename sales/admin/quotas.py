"""What each person is to win in a month: quotas under Set-up."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from crm.admin.base import GrantedAdmin
from crm.admin.lists import TeachingList
from sales.models import Quota


@admin.register(Quota)
class QuotaAdmin(TeachingList, GrantedAdmin):
    list_display = ("user", "of_month", "amount")
    list_filter = ("month", "user__team")
    list_select_related = ("user",)
    search_fields = ("user__name",)
    date_hierarchy = "month"
    autocomplete_fields = ()
    empty_title = _("No quotas yet")
    empty_sentence = _(
        "A quota is what a person is to win in a month. Home shows how far it is, the leaderboard who is ahead."
    )
    empty_button = _("New quota")
    empty_picture = "target"

    @admin.display(description=_("Month"), ordering="month")
    def of_month(self, quota: Quota) -> str:
        return f"{quota.month:%Y-%m}"
