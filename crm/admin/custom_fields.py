"""Set-up › Fields: the custom fields of each kind of record in their order, with a live preview of the one that is edited."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.forms.widgets import Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from crm.actions.custom_fields import (
    change_custom_field,
    create_custom_field,
    delete_custom_field,
    must_make_sense,
    order_custom_fields,
    restore_custom_field,
    retire_custom_field,
)
from crm.admin.base import GrantedAdmin
from crm.admin.custom_field_form import CustomFieldForm, sentence_about
from crm.custom_fields.definitions import as_field
from crm.custom_fields.usage import count_of, counts_of
from crm.errors import CrmError, Forbidden
from crm.hooks import records
from crm.models import CustomField
from crm.web.field_forms import form_field

Kind = CustomField.Kind


@admin.register(CustomField)
class CustomFieldAdmin(GrantedAdmin):
    form = CustomFieldForm
    change_form_template = "admin/crm/customfield/edit.html"
    fieldsets = (
        (None, {"fields": ("kind", "label", "type", "to", "choices", "places", "lowest", "highest", "key")}),
        (_("On the page"), {"fields": ("help_text", "group", "is_required", "begins_with", "is_listed")}),
        (_("Speed"), {"fields": ("is_indexed",)}),
    )

    class Media:
        js = (Script("js/choices-editor.js", type="module"), Script("js/custom-field.js", type="module"))
        css = {"all": ("css/custom-fields.css",)}

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"crm_customfield_{name}")

        return [
            page("counts/", require_GET(self.counts), "counts"),
            page("preview/", require_POST(self.preview), "preview"),
            page("order/", require_POST(self.order), "order"),
            page("<int:pk>/retire/", require_POST(self.retire), "retire"),
            page("<int:pk>/restore/", require_POST(self.restore), "restore"),
            *super().get_urls(),
        ]

    # The list

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise Forbidden(_("Your role does not open the fields."))
        kind = records.get(_kind(request))
        rows = CustomField.objects.filter(kind=kind.name)
        context = {
            **self.admin_site.each_context(request),
            "kind": kind,
            "tabs": [records.get(name) for name in Kind.values],
            "shown": [(row, sentence_about(row)) for row in rows if not row.is_retired],
            "retired": [row for row in rows if row.is_retired],
            "may_change": self.has_change_permission(request),
            "may_add": self.has_add_permission(request),
            "may_delete": self.has_delete_permission(request),
            "is_waiting": any(row.index_due_at or row.is_being_deleted for row in rows),
            **(extra_context or {}),
        }
        return render(request, "admin/crm/customfield/list.html", context)

    def counts(self, request: HttpRequest) -> HttpResponse:
        """How many records have a value, by key: one reading of the table, asked for when the page stands already."""
        if not self.has_view_permission(request):
            raise Forbidden(_("Your role does not open the fields."))
        return JsonResponse({"counts": counts_of(_kind(request))})

    def order(self, request: HttpRequest) -> HttpResponse:
        """`ids` in their order; or, with a button, one of them `up` or `down`."""
        self._must_change(request)
        kind = _kind(request)
        ids = [int(one) for one in request.POST.getlist("ids") if one.isascii() and one.isdigit()]
        for way, step in (("up", -1), ("down", 1)):
            if (pressed := request.POST.get(way, "")).isdigit() and int(pressed) in ids:
                at = ids.index(int(pressed))
                ids.insert(max(0, at + step), ids.pop(at))
        order_custom_fields(kind, ids)
        if request.headers.get("accept") == "application/json":
            return JsonResponse({})
        return HttpResponseRedirect(_list_of(kind))

    def retire(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._done(
            request, pk, retire_custom_field, _("“%s” is retired: it is shown nowhere, its values are kept.")
        )

    def restore(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._done(request, pk, restore_custom_field, _("“%s” is back, with its values."))

    def _done(self, request: HttpRequest, pk: int, action: Callable[..., Any], said: str) -> HttpResponse:
        self._must_change(request)
        field = CustomField.objects.filter(pk=pk).first()
        if field is None:
            raise Http404
        action(field, by=request.user)
        self.message_user(request, said % field)
        return HttpResponseRedirect(_list_of(field.kind))

    def _must_change(self, request: HttpRequest) -> None:
        if not self.has_change_permission(request):
            raise Forbidden(_("Your role does not let you change fields."))

    # One field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_changeform_initial_data(request), "kind": _kind(request)}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        news = form.news(form.cleaned_data)
        if change:
            saved = change_custom_field(CustomField.objects.get(pk=obj.pk), by=request.user, **news)  # type: ignore[arg-type]
        else:
            saved = create_custom_field(by=request.user, **news)  # type: ignore[arg-type]
        obj.__dict__.update(saved.__dict__)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        self.message_user(request, _("“%s” is there, on every page, list and form of its kind.") % obj)
        return HttpResponseRedirect(_list_of(obj.kind))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        self.message_user(request, _("“%s” is saved.") % obj)
        return HttpResponseRedirect(_list_of(obj.kind))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        field = context.get("original")
        kind = field.kind if field else _kind(request)
        context.update(list_url=_list_of(kind), show_save_and_continue=False, show_save_and_add_another=False)
        if field and not field.is_retired:
            context["show_delete"] = False  # it is retired first, on the list
        context["index_sentence"] = sentence_about(field) if field else ""
        return super().render_change_form(request, context, *args, **kwargs)

    def preview(self, request: HttpRequest) -> HttpResponse:
        """The input as it will stand on a record's form, or what is still missing."""
        if not self.has_view_permission(request):
            raise Forbidden(_("Your role does not open the fields."))
        pk = request.GET.get("pk", "")
        field = CustomField.objects.filter(pk=pk).first() if pk.isdigit() else None
        form = CustomFieldForm(request.POST, instance=field)
        form.is_valid()
        has_begun = request.POST.get("label") and request.POST.get("type")
        problem = next((said for errors in form.errors.values() for said in errors), "") if has_begun else ""
        shown = None if form.errors else _as_form(form.candidate(form.cleaned_data), request.user)
        return render(request, "admin/crm/customfield/_preview.html", {"form": shown, "problem": problem})

    # Deleting

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        fields = list(objs)
        told = []
        for field in fields:
            count = count_of(field)
            told.append(
                ngettext(
                    "“%(field)s”, and its value on %(count)d record",
                    "“%(field)s”, and its values on %(count)d records",
                    count,
                )
                % {"field": field, "count": count}
            )
        kept = [_("Retire “%s” first.") % field for field in fields if not field.is_retired]
        return told, {}, set(), kept

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_custom_field(obj, by=request.user)  # type: ignore[arg-type]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for field in queryset:
            self.delete_model(request, field)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        self.message_user(request, _("“%s” is being deleted, with its values.") % obj_display)
        field = CustomField.objects.filter(pk=obj_id).first()
        return HttpResponseRedirect(_list_of(field.kind if field else Kind.CONTACT))


def _kind(request: HttpRequest) -> str:
    asked = request.POST.get("kind") or request.GET.get("kind") or Kind.CONTACT
    if asked not in Kind.values:
        raise Http404
    return str(asked)


def _list_of(kind: str) -> str:
    return f"{reverse('admin:crm_customfield_changelist')}?kind={kind}"


def _as_form(field: CustomField, user: Any) -> forms.Form | None:
    try:
        must_make_sense(field)
    except CrmError:
        return None
    made = as_field(field)
    form = forms.Form(prefix="preview")
    form.fields["value"] = form_field(records.get(field.kind), made, user)
    return form
