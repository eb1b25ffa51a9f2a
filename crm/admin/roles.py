"""Set-up › Roles: one table a role, how deep each verb reaches on each resource; a role can be copied."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from crm.access.depths import ALL_VERBS, Depth
from crm.access.words import HEADINGS, MEANINGS
from crm.actions.users import must_leave_an_administrator
from crm.admin.base import GrantedAdmin
from crm.hooks.resources import Resource, resources
from crm.models import Role, RoleGrant
from crm.queries.rights import sections


def name_of(resource: Resource, verb: str) -> str:
    return f"grant:{resource.name}:{verb}"


class RoleForm(forms.ModelForm):
    """The role, and a depth for each verb on each resource."""

    class Meta:
        model = Role
        fields = ["name", "key", "opens_admin", "takes_leads", "needs_second_factor"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, depth in (depths_of(self.instance) if self.instance.pk else {}).items():
            if name in self.fields:
                self.fields[name].initial = depth

    def save_grants(self) -> None:
        RoleGrant.objects.bulk_create(
            [
                RoleGrant(
                    role=self.instance, resource=r.name, verb=verb, depth=self.cleaned_data[name_of(r, verb)]
                )
                for r in resources.values()
                for verb in r.verbs
            ],
            update_conflicts=True,
            unique_fields=["role", "resource", "verb"],
            update_fields=["depth"],
        )  # fmt: skip


def depths_of(role: Role) -> dict[str, int]:
    """The role's grants as the form names them."""
    return {f"grant:{grant.resource}:{grant.verb}": grant.depth for grant in role.grants.all()}


def depth_field(resource: Resource, verb: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=f"{resource.label}: {HEADINGS[verb]}",
        choices=[(depth.value, name) for depth, name, _meaning in MEANINGS],
        coerce=int,
        initial=Depth.NONE,
        required=True,
    )


def all_fields() -> dict[str, forms.TypedChoiceField]:
    return {name_of(r, verb): depth_field(r, verb) for r in resources.values() for verb in r.verbs}


@admin.register(Role)
class RoleAdmin(GrantedAdmin):
    resource = "crm.user"
    form = RoleForm
    change_form_template = "admin/crm/role.html"
    list_display = ["name", "opens_admin", "takes_leads", "needs_second_factor", "people"]
    prepopulated_fields = {"key": ["name"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(n=Count("users"))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The fields of the table depend on what the apps have declared."""
        kwargs["form"] = type("RoleForm", (RoleForm,), all_fields())
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [(None, {"fields": RoleForm.Meta.fields}), (_("How far it reaches"), {"fields": list(all_fields())})]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """`?copy=<id>`: a new role begins as another one is."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        copied = initial.pop("copy", "")
        role = Role.objects.filter(pk=copied).first() if copied.isdigit() else None
        if role is None:
            return initial
        flags = {name: getattr(role, name) for name in ("opens_admin", "takes_leads", "needs_second_factor")}
        return {**initial, "name": _("Copy of %s") % role, **flags, **depths_of(role)}

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        form, role = context["adminform"].form, context.get("original")
        may_edit = self.has_change_permission(request, role) if role else self.has_add_permission(request)
        depths = depths_of(role) if role else {}

        def cell(resource: Resource, verb: str) -> Any:
            name = name_of(resource, verb)
            return form[name] if may_edit else Depth(depths.get(name, Depth.NONE))

        context["sections"] = sections(cell)
        context.update(headings=[HEADINGS[verb] for verb in ALL_VERBS], meanings=MEANINGS)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["key"] if obj else []

    @admin.display(description=lazy("People"))
    def people(self, role: Any) -> int:
        return role.n

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        form.save_grants()
        must_leave_an_administrator()

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        must_leave_an_administrator()

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        super().delete_queryset(request, queryset)
        must_leave_an_administrator()
