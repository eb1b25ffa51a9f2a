"""All imports that one may see, and the page that takes a file in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET

from crm.access.depths import may
from crm.actions.imports import start_import
from crm.errors import CrmError, Forbidden
from crm.filters import ImportFilter
from crm.hooks import importers
from crm.imports.downloads import example_file
from crm.imports.reading import MAX_BYTES, MEGABYTE
from crm.imports.sheets import MAX_BYTES as MAX_SHEET_BYTES
from crm.models import Import
from crm.web.lists import Column, Empty, ListPage, render_list
from crm.web.pages import render_form


class UploadForm(forms.Form):
    kind = forms.ChoiceField(label=lazy("What is in it"), widget=forms.RadioSelect(attrs={"data-kinds": ""}))
    file = forms.FileField(
        label=lazy("File"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.xlsm", "data-file-limit": MAX_BYTES}),
        error_messages={"required": lazy("Choose a file first."), "empty": lazy("This file is empty.")},
        allow_empty_file=True,
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.open = importers.open_to(user)
        kind: Any = self.fields["kind"]
        kind.choices = [(importer.name, importer.label) for importer in self.open]
        self.fields["file"].help_text = _(
            "CSV of at most %(csv)s MB, or an Excel workbook (.xlsx) of at most %(xlsx)s MB, with a header in the first "
            "line. Encoding and separator are found by themselves."
        ) % {"csv": MAX_BYTES // MEGABYTE, "xlsx": MAX_SHEET_BYTES // MEGABYTE}


@login_required
@require_GET
def imports(request: HttpRequest) -> HttpResponse:
    if not may(request.user, "crm.import", "view"):
        raise Forbidden(_("Your role does not let you see imports."))
    new = reverse("crm:import-new") if importers.open_to(request.user) else ""
    return render_list(
        request,
        ListPage(
            title=_("Imports"),
            queryset=Import.objects.visible_to(request.user).select_related("owner"),
            columns=[
                Column(_("File"), "file_name", is_title=True),
                Column(_("What"), kind_of),
                Column(_("Status"), template="crm/imports/_status.html"),
                Column(_("New"), "created_count", kind="number"),
                Column(_("Updated"), "updated_count", kind="number"),
                Column(_("Errors"), "error_count", kind="number"),
                Column(_("By"), "owner", kind="person"),
                Column(_("When"), "created_at", sort="created_at", kind="date"),
            ],
            row_url=lambda row: reverse("crm:import", args=[row.pk]),
            filterset_class=ImportFilter,
            new_url=new,
            new_label=_("Import a file"),
            empty=Empty(
                _("Nothing imported yet"),
                _("Bring your records in from a CSV file or a workbook. You see what will happen before it does."),
                _("Import a file"),
                new,
                "file-import",
            ),
        ),
    )


def kind_of(of: Import) -> Any:
    return importers.get(of.kind).label if importers.known(of.kind) else of.kind


@login_required
def new_import(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = UploadForm(request.POST or None, request.FILES or None, user=user, initial={"kind": _asked_kind(request)})
    if not form.open:
        raise Forbidden(_("Your role does not let you import."))
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            of = start_import(file, file.name, user, kind=form.cleaned_data["kind"])
        except CrmError as problem:
            form.add_error(problem.field if problem.field in form.fields else "file", problem.message)
        else:
            return redirect("crm:import-mapping", of.pk)
    return render_form(
        request,
        form,
        title=_("Import a file"),
        submit=_("Upload"),
        back=reverse("crm:imports"),
        template="crm/imports/new.html",
        kinds=form.open,
    )


def _asked_kind(request: HttpRequest) -> str:
    asked = request.GET.get("kind", "")
    return asked if importers.known(asked) else "crm.contact"


@login_required
@require_GET
def example(request: HttpRequest, kind: str) -> HttpResponse:
    """A small file with the usual columns, to begin with."""
    if not importers.known(kind) or not importers.get(kind).may_be_imported_by(request.user):
        raise Http404
    return example_file(importers.get(kind))
