"""The forms of an opportunity: new, change, the steps of a stage, win, lose, assign."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.models import Campaign, User
from crm.queries.rates import base_currency
from crm.web.custom_form import AsksCustomFields
from crm.web.forms import RecordField
from sales.actions.steps import StepsMissing, missing_to_win
from sales.models import Competitor, LostReason, Opportunity, Process, Stage
from sales.queries.documents import quotes_to_close
from sales.queries.steps import Step
from sales.web.lookups import AccountField, ContactField, for_user

SHORT = {"rows": 3}
TO_NOBODY = (LostReason.CANCELLED, LostReason.NO_DECISION, LostReason.NO_ANSWER)


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class CustomerForm(forms.ModelForm):
    """What the forms with a customer share: account and contact are named by typing."""

    account = AccountField(label=gettext_lazy("Account"), required=False)
    contact = ContactField(label=gettext_lazy("Contact"), required=False, help_text=gettext_lazy("Name or email."))

    class Meta:
        model = Opportunity
        fields: list[str] = []

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for_user(self, user)
        if "campaign" in self.fields:
            self.fields["campaign"].queryset = Campaign.objects.visible_to(user)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        asks = {"account", "contact"} <= self.fields.keys() and not self.errors.keys() & {"account", "contact"}
        if asks and not (data.get("account") or data.get("contact")):
            self.add_error("account", _("An opportunity needs a customer: an account, a contact, or both."))
        return data


class NewOpportunityForm(AsksCustomFields, CustomerForm):
    custom_of = "sales.opportunity"

    class Meta:
        model = Opportunity
        fields = [
            "topic",
            "account",
            "contact",
            "estimated_revenue",
            "currency",
            "estimated_close",
            "rating",
            "campaign",
        ]
        widgets = {"estimated_close": DayInput()}

    def __init__(self, *args: Any, initial: dict[str, Any] | None = None, **kwargs: Any) -> None:
        usual = {
            "currency": kwargs["user"].currency_id or base_currency(),
            "estimated_close": timezone.localdate() + timedelta(days=30),
        }
        super().__init__(*args, initial={**usual, **(initial or {})}, **kwargs)
        self._offer_processes()

    def _offer_processes(self) -> None:
        """Asked only where there is a choice."""
        offered = Process.objects.filter(is_active=True).order_by("-is_default", "name")
        if len(offered) < 2:
            return
        self.fields["process"] = forms.ModelChoiceField(
            label=gettext_lazy("Process"), queryset=offered, initial=offered[0], empty_label=None, required=False
        )


def stage_form(opportunity: Opportunity, steps: list[Step], user: User, data: Any = None, *, must: bool = True) -> Any:
    """A form of the steps of one stage; with `must`, the required ones have to be filled."""
    names = [step.path for step in steps]
    made: Any = forms.modelform_factory(Opportunity, form=CustomerForm, fields=names)
    form = made(data, instance=opportunity, user=user)
    for name in list(form.fields):
        if name not in names:
            del form.fields[name]
    for step in steps:
        field = form.fields[step.path]
        field.label, field.required = step.label, must and step.is_required
        if isinstance(field.widget, forms.DateInput):
            field.widget = DayInput()
        if isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 3
    form.order_fields(names)
    return form


def missing_form(opportunity: Opportunity, missing: list[Step], user: User, data: Any = None) -> Any:
    """A form of what the stages on the way still need, grouped by stage. `sentence` says which stages these are."""
    form = stage_form(opportunity, missing, user, data)
    by_stage = {stage: [step.path for step in missing if step.stage == stage] for stage in Stage}
    form.groups = [(stage.label if len(missing) > 1 else "", names) for stage, names in by_stage.items() if names]
    form.sentence = StepsMissing(missing, [stage for stage in Stage if by_stage[stage]]).message if missing else ""
    return form


def competitor_field(label: Any) -> RecordField:
    return RecordField(label=label, queryset=Competitor.objects.none(), required=False)


class ClosingForm(forms.Form):
    """Beside its own fields it asks for what the deal's stages still need; cleaned, that is `steps`."""

    def ask_for_steps(self, opportunity: Opportunity, user: User, *, must: bool = True) -> None:
        missing = missing_to_win(opportunity)
        asked = stage_form(opportunity, missing, user, must=must)
        self.asked = {f"step_{step.path}": step.path for step in missing}
        for name, path in self.asked.items():
            self.fields[name] = asked.fields[path]
        names = ", ".join(f"“{step.label}”" for step in missing)
        self.sentence = _("The deal still needs %(steps)s before it can be won.") % {"steps": names} if names else ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        asked = getattr(self, "asked", {})
        return {
            **{name: value for name, value in data.items() if name not in asked},
            "steps": {path: data[name] for name, path in asked.items() if name in data},
        }


class WinForm(ClosingForm):
    revenue = forms.DecimalField(
        label=gettext_lazy("Actual revenue"), max_digits=18, decimal_places=2, validators=[MinValueValidator(0)]
    )
    closed_on = forms.DateField(label=gettext_lazy("Closed on"), widget=DayInput())
    competitor = competitor_field(gettext_lazy("Won against"))
    description = forms.CharField(
        label=gettext_lazy("What made the difference?"), required=False, widget=forms.Textarea(attrs=SHORT)
    )
    close_quotes = forms.BooleanField(required=False, initial=True)

    def __init__(self, opportunity: Opportunity, user: User, data: Any = None) -> None:
        usual = {"revenue": opportunity.estimated_revenue, "closed_on": timezone.localdate()}
        super().__init__(data, initial=usual)
        ask_about_rivals_and_quotes(self, opportunity, user)
        self.ask_for_steps(opportunity, user)


class LoseForm(forms.Form):
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=LostReason, widget=forms.RadioSelect)
    competitor = competitor_field(gettext_lazy("Lost to"))
    closed_on = forms.DateField(label=gettext_lazy("Closed on"), widget=DayInput())
    revenue = forms.DecimalField(
        label=gettext_lazy("Actual revenue"), max_digits=18, decimal_places=2, required=False,
        validators=[MinValueValidator(0)], help_text=gettext_lazy("Only if something still came of it."),
    )  # fmt: skip
    description = forms.CharField(
        label=gettext_lazy("What happened?"), required=False, widget=forms.Textarea(attrs=SHORT)
    )
    close_quotes = forms.BooleanField(required=False, initial=True)

    def __init__(self, opportunity: Opportunity, user: User, data: Any = None) -> None:
        super().__init__(data, initial={"closed_on": timezone.localdate()})
        ask_about_rivals_and_quotes(self, opportunity, user)

    def clean(self) -> dict[str, Any]:
        """A deal that nobody got was not lost to the competitor whom the form had suggested."""
        data = super().clean() or self.cleaned_data
        suggested, named = self.fields["competitor"].initial, data.get("competitor")
        if data.get("reason") in TO_NOBODY and named is not None and named.pk == suggested:
            data["competitor"] = None
        return data


def ask_about_rivals_and_quotes(form: forms.Form, opportunity: Opportunity, user: User) -> None:
    """The one competitor of the deal is suggested; open quotes are named with what becomes of them, or not asked about."""
    chosen: Any = form.fields["competitor"]
    chosen.queryset = chosen.widget.queryset = Competitor.objects.visible_to(user)
    standing = list(opportunity.rivalries.filter(competitor__deleted_at=None).values_list("competitor", flat=True)[:2])
    if len(standing) == 1 and isinstance(form, LoseForm):
        chosen.initial = standing[0]
    quotes = [str(quote) for quote in quotes_to_close(opportunity, user)]
    if not quotes:
        del form.fields["close_quotes"]
        return
    said = ngettext(
        "Close its open quote, too: %(quotes)s", "Close its %(n)s open quotes, too: %(quotes)s", len(quotes)
    )
    form.fields["close_quotes"].label = said % {"n": len(quotes), "quotes": ", ".join(quotes)}
    form.fields["close_quotes"].help_text = _(
        "What was sent is closed; drafts go to the bin. Without it they stay open."
    )
