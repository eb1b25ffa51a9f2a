"""Set-up › Duplicates › Rules: what makes two records alike, and how sure that is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.admin.base import GrantedAdmin
from crm.models import DuplicateRule
from crm.queries.likeness import FORMS, key_of, label_of


class RuleForm(forms.ModelForm):
    """The forms are ticked; the key follows from them."""

    compared = forms.MultipleChoiceField(
        label="What is the same",
        choices=sorted(
            {(name, str(form.label).capitalize()) for forms_ in FORMS.values() for name, form in forms_.items()}
        ),
        widget=forms.CheckboxSelectMultiple,
        help_text="All that is ticked must be the same. VAT id is of accounts only, company of contacts only.",
    )

    class Meta:
        model = DuplicateRule
        fields = ["kind", "strength", "largest_group", "leaves_out_inactive", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["compared"].initial = self.instance.forms if self.instance.key else []

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        kind, chosen = data.get("kind"), data.get("compared") or []
        if kind and (unknown := [name for name in chosen if name not in FORMS[kind]]):
            self.add_error("compared", f"These records have no {', '.join(unknown)}.")
        elif kind and chosen:
            self.instance.key = key_of(kind, chosen)
            same = DuplicateRule.objects.filter(kind=kind, key=self.instance.key).exclude(pk=self.instance.pk)
            if same.exists():
                self.add_error("compared", "There is a rule for exactly this already.")
        return data


@admin.register(DuplicateRule)
class DuplicateRuleAdmin(GrantedAdmin):
    form = RuleForm
    fields = ("kind", "compared", "strength", "largest_group", "leaves_out_inactive", "is_active")
    list_display = ("said", "kind", "strength", "largest_group", "is_active", "queue")
    list_filter = ("kind", "strength", "is_active")

    @admin.display(description="The same")
    def said(self, rule: DuplicateRule) -> str:
        return label_of(rule.kind, rule.key).capitalize()

    @admin.display(description="")
    def queue(self, rule: DuplicateRule) -> SafeString:
        return format_html('<a href="{}?kind={}">Pairs to look at</a>', reverse("crm:duplicates"), rule.kind)
