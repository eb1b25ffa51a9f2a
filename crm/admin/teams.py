"""Set-up › Teams: the tree, who sits where, who leads."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from crm.actions.users import check_parent, place_in_team
from crm.admin.base import GrantedAdmin
from crm.errors import Invalid
from crm.models import Team, User


class TeamForm(forms.ModelForm):
    """The team, where it hangs in the tree, and its people. A person sits in one team: whoever is chosen here moves here."""

    members = forms.ModelMultipleChoiceField(
        label=lazy("People"),
        queryset=User.objects.filter(is_active=True).select_related("team"),
        required=False,
        widget=FilteredSelectMultiple(lazy("people"), is_stacked=False),
        help_text=lazy("A person sits in one team: whoever you choose leaves the old one."),
    )

    class Meta:
        model = Team
        fields = ["name", "parent", "manager"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["members"]
        people.label_from_instance = lambda user: f"{user} ({user.team})" if user.team else str(user)
        if self.instance.pk:
            people.initial = self.instance.members.filter(is_active=True)
        self.fields["manager"].queryset = User.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def clean_parent(self) -> Team | None:
        parent: Team | None = self.cleaned_data["parent"]
        try:
            check_parent(self.instance, parent)
        except Invalid as problem:
            raise forms.ValidationError(problem.message) from problem
        return parent


@dataclass(frozen=True)
class Branch:
    """A team in the tree, with its people and the teams below."""

    team: Team
    people: list[User]
    below: list[Branch]

    @property
    def total(self) -> int:
        return len(self.people) + sum(branch.total for branch in self.below)


def tree() -> list[Branch]:
    """All teams as a tree; two queries."""
    people: dict[int | None, list[User]] = defaultdict(list)
    for user in User.objects.filter(is_active=True).exclude(team=None):
        people[user.team_id].append(user)
    children: dict[int | None, list[Team]] = defaultdict(list)
    for team in Team.objects.select_related("manager"):
        children[team.parent_id].append(team)

    def grown(parent: int | None) -> list[Branch]:
        return [Branch(team, people[team.pk], grown(team.pk)) for team in children[parent]]

    return grown(None)


@admin.register(Team)
class TeamAdmin(GrantedAdmin):
    resource = "crm.user"
    form = TeamForm
    change_list_template = "admin/crm/team/change_list.html"
    search_fields = ["name"]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        more = {"tree": tree(), "homeless": User.objects.filter(is_active=True, team=None)[:50]}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [(None, {"fields": ["name", "parent", "manager", "members"]})]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "members" in form.cleaned_data:
            user: Any = request.user
            place_in_team(form.cleaned_data["members"], form.instance, by=user)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        more = {"subtitle": _("A team goes only when nobody and nothing belongs to it any more.")}
        return super().delete_view(request, object_id, {**more, **(extra_context or {})})
