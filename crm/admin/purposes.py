"""Purposes of messages and of consent: their filter in lists, and the page on which a company sets its own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.delivery import purposes
from crm.models import Topic


class PurposeForm(forms.ModelForm):
    """For what is sent: the purposes that are in use, and of the topics those that are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        was, fields = self.instance.purpose, self.fields
        if "purpose" in fields:
            offered = purposes.sending_choices()
            if was not in dict(offered):
                offered.append((was, purposes.purpose_name(was)))
            told = fields["purpose"]
            fields["purpose"] = forms.ChoiceField(label=told.label, choices=offered, help_text=told.help_text)
        if "topic" in fields:
            topics: Any = fields["topic"]
            topics.queryset = Topic.objects.filter(Q(is_active=True) | Q(pk=self.instance.topic_id))


class PurposeFilter(SimpleListFilter):
    """By the purposes there are, without looking through all the rows."""

    title = _("purpose")
    parameter_name = "purpose"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return list(purposes.names().items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet[Any]:
        return queryset.filter(purpose=self.value()) if self.value() else queryset
