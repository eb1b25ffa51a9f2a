"""The base of every admin page: our grants decide what is seen and done; whoever saves second sees both versions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms.models import _get_foreign_key
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst

from crm.access.depths import may
from crm.admin.controls import NamedListFormSet
from crm.admin.stale import SeenForm, alone_with
from crm.models import Record


class GrantedAdmin(admin.ModelAdmin):
    """Permissions by grants. `resource` names another resource where the model has none of its own (“crm.consent”)."""

    resource = ""
    list_per_page = 50
    show_full_result_count = False
    actions_on_top = True
    actions_on_bottom = False

    def resource_name(self) -> str:
        return self.resource or self.model._meta.label_lower

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.reaches(request, "view", obj) or self.reaches(request, "change", obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request.user, self.resource_name(), "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.reaches(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.reaches(request, "delete", obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request.user, self.resource_name(), "view")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form of something that exists knows what its reader saw (crm/admin/stale.py)."""
        form = super().get_form(request, obj, change, **kwargs)
        if obj is None or not change:
            return form
        return type(form.__name__, (SeenForm, form), {"rows_beside": lambda of: self._rows_beside(of.instance)})

    def _rows_beside(self, record: Model) -> dict[str, QuerySet]:
        """The rows of the inlines, by what the page calls them."""
        found = {}
        for inline in self.inlines:
            key = _get_foreign_key(self.model, inline.model, fk_name=inline.fk_name)
            label = inline.verbose_name_plural or inline.model._meta.verbose_name_plural
            found[capfirst(str(label))] = inline.model._default_manager.filter(**{key.name: record})
        return found

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        with alone_with(request, self.model, object_id):
            return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        response = super().render_change_form(request, context, *args, **kwargs)
        if getattr(context["adminform"].form, "conflicts", None):
            response.status_code = 409
        return response

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_formset(request, **{"formset": NamedListFormSet, **kwargs})

    def reaches(self, request: HttpRequest, verb: str, obj: Model | None) -> bool:
        """Does the user's role allow `verb`: on this record, or without one at all?"""
        return may(request.user, self.resource_name(), verb)


class RecordAdmin(GrantedAdmin):
    """For owned records: only what the reader may see, owner and creator filled in, versions counted."""

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).visible_to(request.user)  # type: ignore[attr-defined]

    def reaches(self, request: HttpRequest, verb: str, obj: Model | None) -> bool:
        if not super().reaches(request, verb, obj):
            return False
        if obj is None or obj.pk is None:
            return True
        asked = request.__dict__.setdefault("_reaches", {})  # a page of the admin asks the same a dozen times
        key = (self.model, verb, obj.pk)
        if key not in asked:
            rows = self.model._default_manager.all().reachable_by(request.user, verb)
            asked[key] = rows.filter(pk=obj.pk).exists()
        return bool(asked[key])

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if isinstance(obj, Record) and change:
            obj.version += 1
        elif isinstance(obj, Record):
            obj.created_by = request.user  # type: ignore[assignment]
            obj.owner = obj.owner or request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
        request.__dict__.pop("_reaches", None)  # it may belong to somebody else now
