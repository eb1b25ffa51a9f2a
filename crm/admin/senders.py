"""Who messages are from, by which mail server they go, and how much goes out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.admin.base import GrantedAdmin
from crm.delivery.carriers import keep_server, server_of
from crm.delivery.pace import day_limit, lane_key, open_again
from crm.models import Lane, Sender
from crm.templatetags.ui import status_badge

UNCHANGED = "Set. Leave it empty to keep it."


class SenderForm(forms.ModelForm):
    """Making another one the default is no error: the last one made so is it."""

    smtp_url = forms.CharField(
        label="Mail server of its own",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="smtp://user:password@mail.example.com:587?tls=1. It is kept encrypted, and shown to nobody.",
    )
    drops_server = forms.BooleanField(label="Use the mail server everybody shares again", required=False)
    carrier = forms.ChoiceField(required=False, help_text="As DELIVERY_CARRIERS of the installation names them.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "carrier" in self.fields:
            names = sorted({*settings.DELIVERY_CARRIERS, *filter(None, [self.instance.carrier])})
            shared = [("", "The mail server everybody shares")]
            self.fields["carrier"].choices = [*shared, *((n, n) for n in names)]  # type: ignore[attr-defined]
        if server := server_of(self.instance):
            self.fields["smtp_url"].widget.attrs["placeholder"] = f"{server}: {UNCHANGED}"
        elif "drops_server" in self.fields:
            del self.fields["drops_server"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if bool(said.get("warm_up_on")) != bool(said.get("warm_up_first")):
            self.add_error("warm_up_first", "A warm-up has a first day and a number for it.")
        url = (said.get("smtp_url") or "").strip()
        try:
            if url or said.get("drops_server"):
                keep_server(self.instance, url)
        except ValueError as problem:
            self.add_error("smtp_url", str(problem))
        return said

    def _get_validation_exclusions(self) -> set[str]:
        return {*super()._get_validation_exclusions(), "is_default"}  # type: ignore[misc]


@admin.register(Sender)
class SenderAdmin(GrantedAdmin):
    form = SenderForm
    list_display = ("name", "email", "reply_to", "goes_by", "today", "state", "is_default")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        limits = ["per_second", "per_hour", "per_day", "warm_up_on", "warm_up_first"]
        server = ["smtp_url", "drops_server"] if obj and obj.sealed_smtp_url else ["smtp_url"]
        return [
            (None, {"fields": ["name", "email", "reply_to", "sms_from", "is_default"]}),
            ("Mail server", {"fields": ["carrier", *server, "relay_signs"]}),
            ("How much goes out", {"fields": limits, "description": _door(obj)}),
        ]

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if obj.is_default:
            Sender.objects.exclude(pk=obj.pk).filter(is_default=True).update(is_default=False)
        super().save_model(request, obj, form, change)
        for channel in ("email", "sms"):
            open_again(channel, obj)

    @admin.display(description="Mail server")
    def goes_by(self, sender: Sender) -> str:
        return server_of(sender) or sender.carrier or "the shared one"

    @admin.display(description="Today at most")
    def today(self, sender: Sender) -> str:
        most = day_limit(sender, timezone.now())
        return f"{most:,}" if most else "–"

    @admin.display(description="Now")
    def state(self, sender: Sender) -> SafeString:
        lane = Lane.objects.filter(key=lane_key("email", sender), closed_until__gt=timezone.now()).first()
        if lane is None:
            return status_badge("Open", "success")
        return status_badge(lane.reason or "Its limit is reached for now", "danger" if lane.reason else "warning")


def _door(sender: Sender | None) -> SafeString | str:
    """To the page that shows whether its mail is believed, and how much goes out day by day."""
    if sender is None:
        return ""
    page = reverse("admin:crm_senderdomain_changelist")
    said = '<a href="{}#pace-{}">Its days and its warm-up</a> · <a href="{}">Does the world believe its mail?</a>'
    return format_html(said, page, sender.pk, page)
