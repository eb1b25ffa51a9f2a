"""The forms of a lead: new, change, qualify, disqualify, assign."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.access import may
from crm.models import Account, Campaign, Contact, Currency, User
from crm.queries.rates import base_currency
from crm.web.custom_form import AsksCustomFields
from crm.web.forms import RecordField
from sales.models import DisqualifyReason, Lead, SourceKind
from sales.models.choices import Rating
from sales.queries.matches import AccountMatch, account_of_name, matching_accounts

NEW, ANYWAY, NONE = "new", "anyway", "none"


class PersonAndWish(forms.Form):
    """A person and what they want. The email is looked up as it is typed."""

    contact = forms.ModelChoiceField(Contact.objects.none(), required=False, widget=forms.HiddenInput)
    email = forms.EmailField(
        label=gettext_lazy("Email"),
        required=False,
        widget=forms.EmailInput(
            attrs={
                "autofocus": True,
                "hx-get": reverse_lazy("sales:lead-known"),
                "hx-trigger": "change, keyup changed delay:400ms",
                "hx-target": "#known",
            }
        ),
    )
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=40, required=False)
    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=100, required=False)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=100, required=False)
    company = forms.CharField(label=gettext_lazy("Company"), max_length=200, required=False)
    job_title = forms.CharField(label=gettext_lazy("Job title"), max_length=100, required=False)
    topic = forms.CharField(label=gettext_lazy("Topic"), max_length=300, help_text=gettext_lazy("What it is about."))
    rating = forms.ChoiceField(label=gettext_lazy("Rating"), choices=Rating, initial=Rating.WARM)
    source_kind = forms.ChoiceField(
        label=gettext_lazy("Kind of source"), choices=[("", "–"), *SourceKind.choices], required=False
    )
    source = forms.CharField(label=gettext_lazy("Source"), max_length=200, required=False)
    campaign = forms.ModelChoiceField(Campaign.objects.none(), label=gettext_lazy("Campaign"), required=False)
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    groups: Any = (
        (gettext_lazy("Who"), ("email", "phone", "first_name", "last_name", "company", "job_title")),
        (gettext_lazy("What"), ("topic", "rating", "source_kind", "source", "campaign", "description")),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contact"].queryset = Contact.objects.visible_to(user)  # type: ignore[attr-defined]
        self.fields["campaign"].queryset = Campaign.objects.visible_to(user)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        is_somebody = any(data.get(name) for name in ("contact", "email", "last_name", "first_name"))
        if not is_somebody and "email" not in self.errors:
            self.add_error("email", _("Give at least a name or an email address."))
        return data


class NewLeadForm(AsksCustomFields, PersonAndWish):
    """It is of who writes it down, unless somebody else is named or the rules are to choose."""

    custom_of = "sales.lead"
    owner = RecordField(
        label=gettext_lazy("Owner"),
        queryset=User.objects.filter(is_active=True),
        required=False,
        help_text=gettext_lazy("You, unless you name somebody else."),
    )
    by_rules = forms.BooleanField(label=gettext_lazy("Let the assignment rules choose the owner"), required=False)

    groups = (*PersonAndWish.groups, (gettext_lazy("Whose"), ("owner", "by_rules")))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.fields["by_rules"].initial = not may(user, "sales.lead", "change")
        if not may(user, "sales.lead", "assign"):
            del self.fields["owner"]
            self.groups = (*self.groups[:2], (_("Whose"), ("by_rules",)), *self.groups[3:])

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("owner") and data.get("by_rules"):
            self.add_error("by_rules", _("Name an owner, or leave the choice to the rules; not both."))
        return data


class QualifyForm(forms.Form):
    """What the lead becomes. The matches are offered with the reason why they match."""

    account = forms.ChoiceField(label=gettext_lazy("Account"), widget=forms.RadioSelect)
    confirm_contact = forms.BooleanField(
        label=gettext_lazy("Confirm the contact: no longer a prospect, listed among the contacts"),
        required=False,
        initial=True,
    )
    create_opportunity = forms.BooleanField(label=gettext_lazy("Open an opportunity"), required=False, initial=True)
    topic = forms.CharField(label=gettext_lazy("Topic of the opportunity"), max_length=300, required=False)
    estimated_revenue = forms.DecimalField(
        label=gettext_lazy("Estimated revenue"),
        max_digits=18,
        decimal_places=2,
        required=False,
        validators=[MinValueValidator(0)],
    )
    currency = forms.ModelChoiceField(Currency.objects.all(), label=gettext_lazy("Currency"))
    estimated_close = forms.DateField(
        label=gettext_lazy("Estimated close"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    groups = (
        (gettext_lazy("Who"), ("account", "confirm_contact")),
        (
            gettext_lazy("Opportunity"),
            ("create_opportunity", "topic", "estimated_revenue", "currency", "estimated_close"),
        ),
    )

    def __init__(self, *args: Any, lead: Lead, **kwargs: Any) -> None:
        matches = matching_accounts(lead)
        name = lead.company_name or lead.contact.company_name
        first = str(matches[0].account.pk) if matches else NEW if name.strip() else NONE
        kwargs["initial"] = {
            "account": first,
            "topic": lead.topic,
            "estimated_revenue": lead.budget_amount if lead.estimated_revenue is None else lead.estimated_revenue,
            "currency": lead.currency_id or base_currency(),
            "estimated_close": lead.estimated_close or timezone.localdate() + timedelta(days=30),
        }
        super().__init__(*args, **kwargs)
        self.fields["account"].choices = _account_choices(matches, name)  # type: ignore[attr-defined]

    def wishes(self) -> dict[str, Any]:
        """The answers as keywords of qualify_lead."""
        wishes = {name: value for name, value in self.cleaned_data.items() if name != "account"}
        chosen = self.cleaned_data["account"]
        found = None if chosen in (NEW, ANYWAY, NONE) else Account.objects.alive().get(pk=chosen)
        return {**wishes, "account": found, "create_account": chosen == NEW, "despite_match": chosen == ANYWAY}


def _account_choices(matches: list[AccountMatch], name: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = [(str(match.account.pk), _explained(match)) for match in matches]
    if name and account_of_name(name) is None:
        found.append((NEW, _("New account “%(name)s”") % {"name": name}))
    elif name:
        found.append((ANYWAY, _("Create another account “%(name)s” anyway") % {"name": name}))
    if not any("works there already" in match.why for match in matches):
        found.append((NONE, _("No account: a private person")))
    return found


def _explained(match: AccountMatch) -> SafeString:
    return format_html("<strong>{}</strong><small>{}</small>", match.account, match.why)


class DisqualifyForm(forms.Form):
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=DisqualifyReason, widget=forms.RadioSelect)
