"""Who messages are from."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest

from crm.admin.base import GrantedAdmin
from crm.models import Sender


class SenderForm(forms.ModelForm):
    """Making another one the default is no error: the last one made so is it."""

    def _get_validation_exclusions(self) -> set[str]:
        return {*super()._get_validation_exclusions(), "is_default"}  # type: ignore[misc]


@admin.register(Sender)
class SenderAdmin(GrantedAdmin):
    form = SenderForm
    list_display = ("name", "email", "reply_to", "sms_from", "is_default")

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if obj.is_default:
            Sender.objects.exclude(pk=obj.pk).filter(is_default=True).update(is_default=False)
        super().save_model(request, obj, form, change)
