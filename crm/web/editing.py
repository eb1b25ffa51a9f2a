"""Editing a record that somebody else may be editing too: the form carries the version it was opened with."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from crm.errors import Stale
from crm.models import Record, User
from crm.web.pages import conflicts_between, done, render_form


class RecordForm(forms.ModelForm):
    """A ModelForm of a Record. `seen_version` is the version its reader saw."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["seen_version"].initial = self.instance.version
        if "owner" in self.fields:
            self.fields["owner"].queryset = User.objects.filter(is_active=True)  # type: ignore[attr-defined]


def edit_record(
    request: HttpRequest, form_class: type[RecordForm], record: Any, *, title: str, back: str
) -> HttpResponse:
    """The edit page: saves, or shows errors beside the fields, or both versions where somebody was quicker."""
    must_exist: Any = type(record)
    form: Any = form_class(
        request.POST or None, instance=must_exist.objects.get(pk=record.pk), **_who(form_class, request)
    )
    if not form.is_valid():
        return render_form(request, form, title=title, back=back)
    try:
        save_record(form)
    except Stale as stale:
        saved = must_exist.objects.get(pk=record.pk)
        form.data = {**form.data.dict(), "seen_version": saved.version}
        return render_form(
            request, form, title=title, back=back, status=409, conflicts=conflicts_between(form, saved), stale_sentence=stale.message
        )  # fmt: skip
    return done(request, _("Saved."), back)


def _who(form_class: type[RecordForm], request: HttpRequest) -> dict[str, Any]:
    return {"user": request.user} if getattr(form_class, "knows_user", False) else {}


@transaction.atomic
def save_record(form: Any) -> Record:
    """Save a valid form unless the record was saved by somebody else since the form was opened. Raises Stale."""
    locked = type(form.instance).objects.select_for_update().get(pk=form.instance.pk)
    seen = form.cleaned_data.get("seen_version")
    if seen is not None and seen != locked.version:
        raise Stale(
            _("Somebody else saved this %(noun)s while you were editing.") % {"noun": locked._meta.verbose_name}
        )
    form.instance.version = locked.version + 1
    saved: Record = form.save()
    return saved


def create_record(form: Any, request: HttpRequest) -> Any:
    """Save a valid form as a new record of the user's."""
    form.instance.created_by = request.user
    if form.instance.owner_id is None:
        form.instance.owner = request.user
    return form.save()
