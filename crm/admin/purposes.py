"""Purposes of messages and of consent: their filter in lists, and the page on which a company sets its own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crm.admin.base import GrantedAdmin
from crm.admin.lists import TeachingList
from crm.delivery import purposes
from crm.models import Consent, ConsentPurpose, Message, Topic
from crm.templatetags.ui import status_badge


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


class TopicForm(forms.ModelForm):
    """A topic belongs to a purpose that people are written to for."""

    class Meta:
        model = Topic
        fields = ("name", "description", "purpose", "needs_yes", "is_offered", "is_active", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = self.fields["purpose"]
        self.fields["purpose"] = forms.ChoiceField(
            label=told.label, choices=purposes.sending_choices, help_text=told.help_text
        )


@admin.register(Topic)
class TopicAdmin(TeachingList, GrantedAdmin):
    resource = "crm.consent"
    form = TopicForm
    empty_title = _("No topics yet")
    empty_sentence = _(
        "Newsletter, events, product news: what readers can take or leave one by one. Emails name theirs."
    )
    empty_button = _("Add a topic")
    empty_picture = "tags"
    list_display = ("name", "about", "needs_yes", "is_offered", "is_active", "description")
    list_filter = ("is_active", PurposeFilter)
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(purpose_name=purposes.name_of("purpose"))

    @admin.display(description=_("belongs to"), ordering="purpose")
    def about(self, topic: Any) -> str:
        return str(topic.purpose_name)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What the ledger or a message names stays; it can be set aside."""
        if obj is not None and (
            Consent.objects.filter(topic=obj).exists() or Message.objects.filter(topic=obj).exists()
        ):
            return False
        return super().has_delete_permission(request, obj)


@admin.register(ConsentPurpose)
class PurposeAdmin(TeachingList, GrantedAdmin):
    """The key of a purpose is for ever, and so are the three that the program asks for by name."""

    resource = "crm.consent"
    empty_title = _("No purposes yet")
    list_display = ("name", "key", "what_it_needs", "is_offered", "is_active", "description")
    fields = ("name", "key", "description", "rule", "is_offered", "is_active", "position")

    @admin.display(description=_("a message goes out"), ordering="rule")
    def what_it_needs(self, purpose: ConsentPurpose) -> SafeString:
        tones = {"opt_in": "success", "opt_out": "info", "free": "neutral"}
        return status_badge(purpose.get_rule_display(), tones[purpose.rule])

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = ["key"] if obj else []
        return [*fixed, *(["is_active"] if obj and obj.is_built_in else [])]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and (obj.is_built_in or _is_used(obj)):
            return False
        return super().has_delete_permission(request, obj)


def _is_used(purpose: ConsentPurpose) -> bool:
    said, topics = Consent.objects.filter(purpose=purpose.key), Topic.objects.filter(purpose=purpose.key)
    return said.exists() or topics.exists()
