"""Scoring in the admin: the editor of a model, its best people, and the progress of a recompute."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from crm.access.see import must_be_able_to_add, see_or_404
from crm.admin.base import RecordAdmin
from crm.admin.stale import SeenForm, alone_with
from crm.errors import CrmError, Invalid
from crm.rules.forms import RuleField
from crm.web.lists import page_of
from crm.web.pages import answer, done
from marketing.actions.scores import (
    ask_for_recompute,
    change_scoring_model,
    create_scoring_model,
    delete_scoring_model,
    wrong_with,
)
from marketing.models import ScoringModel
from marketing.queries.scores import best

MOST_RULES = 40


def _user(request: HttpRequest) -> Any:
    """Whoever is signed in; the admin lets in nobody else."""
    return request.user


class ModelForm(SeenForm, forms.ModelForm):
    """The model's own fields; its rules are edited beside them."""

    class Meta:
        model = ScoringModel
        fields = ["name", "description", "is_active", "warm_at", "ready_at"]
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}

    def rows_beside(self) -> dict[str, QuerySet]:
        return {gettext("Points"): self.instance.rules.all()} if self.instance.pk else {}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        warm, ready = data.get("warm_at"), data.get("ready_at")
        if warm is not None and ready is not None and warm > ready:
            self.add_error("warm_at", "“Warm from” must not be above “ready from”.")
        return data


class RuleForm(forms.Form):
    """One line of a model: what for, how many points, how often at most, and when."""

    label = forms.CharField(max_length=100, help_text="What the reader of a score sees.")
    points = forms.IntegerField(min_value=-1000, max_value=1000)
    limit = forms.IntegerField(label="Counted at most", min_value=1, max_value=100_000, required=False)
    when = RuleField(label="Points are given when")

    def clean_when(self) -> Any:
        when = self.cleaned_data["when"]
        if problem := wrong_with(when):
            raise forms.ValidationError(problem)
        return when


class Rules(forms.BaseFormSet):
    def clean(self) -> None:
        if not any(self.errors) and not self.rules():
            raise forms.ValidationError("A model needs at least one rule that gives points.")

    def rules(self) -> list[dict[str, Any]]:
        """The lines as the action takes them; those marked to go are left out."""
        kept = [form.cleaned_data for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        return [{name: line[name] for name in ("label", "points", "limit", "when")} for line in kept]


RuleFormSet = forms.formset_factory(
    RuleForm, formset=Rules, extra=0, can_delete=True, max_num=MOST_RULES, validate_max=True
)


@admin.register(ScoringModel)
class ScoringModelAdmin(RecordAdmin):
    list_display = ("name", "state", "ready_at", "people", "owner")
    search_fields = ("name",)
    list_select_related = ("owner",)
    change_list_template = "admin/marketing/scoringmodel/change_list.html"
    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # models go to the bin by our own button

    @admin.display(description="State", ordering="is_active")
    def state(self, model: ScoringModel) -> SafeString:
        from crm.templatetags.ui import status_badge

        return status_badge("In use", "success") if model.is_active else status_badge("Not in use", "neutral")

    @admin.display(description="Best people")
    def people(self, model: ScoringModel) -> SafeString:
        address = reverse("admin:marketing_scoringmodel_people", args=[model.pk])
        return format_html('<a href="{}">Best people</a>', address)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<int:pk>/people/", view(self.people_view), name="marketing_scoringmodel_people"),
            path(
                "<int:pk>/recompute/", view(require_POST(self.recompute_view)), name="marketing_scoringmodel_recompute"
            ),
            path("<int:pk>/bin/", view(require_POST(self.bin_view)), name="marketing_scoringmodel_bin"),
        ]
        return own + super().get_urls()

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The editor, to make and to change."""
        with alone_with(request, ScoringModel, object_id):
            return self._editor(request, object_id)

    def _editor(self, request: HttpRequest, object_id: str | None) -> HttpResponse:
        model = see_or_404(ScoringModel, object_id, request.user) if object_id else None
        if model is None:
            must_be_able_to_add(request.user, ScoringModel)
        first: list[Any] = list(model.rules.values("label", "points", "limit", "when")) if model else [{}]
        form = ModelForm(request.POST or None, instance=model)
        rules: Any = RuleFormSet(request.POST or None, initial=first, prefix="rules")
        for one in rules.forms:
            one.empty_permitted = False
        if request.method == "POST" and all([form.is_valid(), rules.is_valid()]):
            try:
                saved = self._save(model, {**form.cleaned_data, "rules": rules.rules()}, request.user)
                to = reverse("admin:marketing_scoringmodel_people", args=[saved.pk])
                return done(request, f"“{saved}” is saved; scores are being computed.", to)
            except Invalid as problem:
                form.add_error(problem.field if problem.field in form.fields else None, problem.message)
        context = {"form": form, "rules": rules, "model": model, "title": model.name if model else "New scoring model"}
        bad = form.errors or (rules.is_bound and (any(rules.errors) or rules.non_form_errors()))
        status = 409 if form.conflicts else 422 if bad else 200
        return self._page(request, "admin/marketing/scoringmodel/editor.html", context, status)

    def _save(self, model: ScoringModel | None, values: dict[str, Any], user: Any) -> ScoringModel:
        if model is None:
            return create_scoring_model(by=user, **values)
        return change_scoring_model(model, by=user, **values)

    def people_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        model = see_or_404(ScoringModel.objects.select_related("owner"), pk, request.user)
        context = {
            "model": model,
            "title": model.name,
            "page": page_of(request, best(model, request.user)),
            "may_change": ScoringModel.objects.editable_by(request.user).filter(pk=pk).exists(),
        }
        return self._page(request, "admin/marketing/scoringmodel/people.html", context)

    def recompute_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        model = see_or_404(ScoringModel, pk, request.user)
        back = reverse("admin:marketing_scoringmodel_people", args=[pk])
        try:
            ask_for_recompute(model, by=_user(request))
        except CrmError as problem:
            return answer(request, problem, back)
        return done(request, "Every score is being computed anew.", back)

    def bin_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        model = see_or_404(ScoringModel, pk, request.user)
        try:
            delete_scoring_model(model, by=_user(request))
        except CrmError as problem:
            return answer(request, problem, reverse("admin:marketing_scoringmodel_people", args=[pk]))
        return done(request, f"“{model}” is in the bin.", reverse("admin:marketing_scoringmodel_changelist"))

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        whole = {**self.admin_site.each_context(request), "opts": ScoringModel._meta, **context}
        return render(request, template, whole, status=status)
