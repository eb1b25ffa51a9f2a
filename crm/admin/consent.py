"""The ledger of consent, suppressions and topics. The ledger only grows: a correction is a new line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.access.depths import Depth, depth_of
from crm.actions.consent import contact_point, give_consent, must_have_been, withdraw_consent
from crm.actions.suppressions import lift, must_lie_ahead, suppress
from crm.admin.base import GrantedAdmin
from crm.admin.purposes import PurposeFilter
from crm.delivery import purposes
from crm.errors import CrmError, Forbidden, Invalid
from crm.models import Channel, Consent, Suppression
from crm.templatetags.ui import status_badge
from crm.web.pages import render_form

DECIDED = [("yes", "Yes, she agreed"), ("no", "No, she withdrew")]


def _checked(check: Callable[[datetime], datetime], moment: datetime) -> datetime:
    """What the rule of an action says, at the field."""
    try:
        return check(moment)
    except Invalid as problem:
        raise forms.ValidationError(problem.message) from None


class AddressForm(forms.ModelForm):
    """What ledger and suppressions have in common: an address, checked for its channel."""

    channel = forms.ChoiceField(choices=Channel.choices)
    address = forms.CharField(max_length=254, help_text="An email address, or a mobile number with its country code.")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("address") and data.get("channel"):
            try:
                data["point"] = contact_point(data["address"], data["channel"])
            except Invalid as problem:
                self.add_error("address", problem.message)
        return data


class ConsentForm(AddressForm):
    answer = forms.ChoiceField(choices=DECIDED)
    purpose = forms.ChoiceField(choices=purposes.choices)
    given_at = forms.DateTimeField(label="When", initial=timezone.now)
    source = forms.CharField(max_length=100, help_text="Where it was said: “Fair in Vienna, paper form”.")

    def clean_given_at(self) -> datetime:
        return _checked(must_have_been, self.cleaned_data["given_at"])

    class Meta:
        model = Consent
        fields = ["channel", "address", "purpose", "topic", "answer", "given_at", "source", "text_shown"]


class SuppressionForm(AddressForm):
    reason = forms.CharField(max_length=300, help_text="Why nobody is to write there any more.")

    def clean_until(self) -> datetime | None:
        until = self.cleaned_data["until"]
        return _checked(must_lie_ahead, until) if until else None

    class Meta:
        model = Suppression
        fields = ["channel", "address", "reason", "until"]


class LiftForm(forms.Form):
    reason = forms.CharField(max_length=250, label="Why may this address be written to again?")


class StandingFilter(admin.SimpleListFilter):
    """In force, ended by itself, lifted by somebody."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("now", "In force"), ("over", "Has ended"), ("lifted", "Lifted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        now = timezone.now()
        match self.value():
            case "now":
                return queryset.filter(Q(until=None) | Q(until__gt=now), lifted_at=None)
            case "over":
                return queryset.filter(until__lte=now, lifted_at=None)
            case "lifted":
                return queryset.exclude(lifted_at=None)
        return queryset


class LedgerAdmin(GrantedAdmin):
    """Lines are added and read, never changed or deleted."""

    resource = "crm.consent"
    list_display_links = None
    list_select_related: ClassVar[tuple[str, ...]] = ("point",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may write for their own contacts only does so on the contact's page."""
        return depth_of(request.user, self.resource, "add") == Depth.ALL

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The ledger is its own history."""


@admin.register(Consent)
class ConsentAdmin(LedgerAdmin):
    form = ConsentForm
    list_display = ("point", "way", "about", "topic", "said", "counts", "given_at", "source", "recorded_by")
    list_filter = ("is_current", "granted", PurposeFilter, "topic", "point__channel", "given_at")
    search_fields = ("point__value",)
    search_help_text = "Address or number"
    list_select_related = ("point", "topic", "recorded_by")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(purpose_name=purposes.name_of("purpose"))

    @admin.display(description="Purpose", ordering="purpose")
    def about(self, consent: Any) -> str:
        return consent.purpose_name

    @admin.display(description="Channel")
    def way(self, consent: Consent) -> str:
        return consent.point.get_channel_display()

    @admin.display(description="Said")
    def said(self, consent: Consent) -> SafeString:
        return status_badge("Yes", "success") if consent.granted else status_badge("No", "danger")

    @admin.display(description="Counts", ordering="is_current")
    def counts(self, consent: Consent) -> str:
        return "Now" if consent.is_current else "Until a newer line"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        data = form.cleaned_data
        decide = give_consent if data["answer"] == "yes" else withdraw_consent
        made = decide(
            data["point"],
            purpose=data["purpose"],
            topic=data["topic"],
            source=data["source"],
            text_shown=data["text_shown"],
            at=data["given_at"],
            by=request.user,  # type: ignore[arg-type]
        )
        obj.pk, obj.point, obj.granted = made.pk, made.point, made.granted

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, f"Recorded: {obj}.")
        return HttpResponseRedirect(reverse("admin:crm_consent_changelist"))


@admin.register(Suppression)
class SuppressionAdmin(LedgerAdmin):
    form = SuppressionForm
    list_display = ("point", "way", "cause", "reason", "since", "set_by", "until", "standing")
    list_select_related = ("point", "set_by", "lifted_by")
    list_filter = ("cause", StandingFilter, "point__channel", "since")
    search_fields = ("point__value",)
    search_help_text = "Address or number"
    ordering = ("-pk",)

    @admin.display(description="Channel")
    def way(self, suppression: Suppression) -> str:
        return suppression.point.get_channel_display()

    @admin.display(description="In force")
    def standing(self, suppression: Suppression) -> SafeString | str:
        if suppression.lifted_at:
            return format_html("Lifted by {}: {}", suppression.lifted_by or "–", suppression.lifted_reason)
        if suppression.until and suppression.until <= timezone.now():
            return "Has ended"
        address = reverse("admin:crm_suppression_lift", args=[suppression.pk])
        return format_html('<a href="{}">Write to it again…</a>', address)

    def get_urls(self) -> list[URLPattern]:
        lift_view = self.admin_site.admin_view(self.lift_view)
        return [path("<int:pk>/lift/", lift_view, name="crm_suppression_lift"), *super().get_urls()]

    def lift_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for the reason, then lift."""
        if not self.reaches(request, "change", None):
            raise Forbidden("Your role does not let you lift a suppression.")
        suppression = Suppression.objects.select_related("point").filter(pk=pk).first()
        back = reverse("admin:crm_suppression_changelist")
        if suppression is None:
            return HttpResponseRedirect(back)
        form = LiftForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                lift(suppression, reason=form.cleaned_data["reason"], by=request.user)  # type: ignore[arg-type]
                messages.success(request, f"{suppression.point} may be written to again.")
            except CrmError as problem:
                messages.error(request, problem.message)
            return HttpResponseRedirect(back)
        title = f"Write to {suppression.point} again?"
        return render_form(request, form, title=title, submit="Lift the suppression", back=back)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        data = form.cleaned_data
        made = suppress(data["point"], reason=data["reason"], until=data["until"], by=request.user)  # type: ignore[arg-type]
        obj.pk, obj.point = made.pk, made.point

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, f"{obj.point} is not written to any more.")
        return HttpResponseRedirect(reverse("admin:crm_suppression_changelist"))
