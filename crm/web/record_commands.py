"""What the frame of a record can do with it: assign, follow, tag, deactivate. Each is a page that the frame opens as a dialog."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm.access.see import must_be_able_to
from crm.actions.activation import deactivate_record, reactivate_record
from crm.actions.assignment import assign_record
from crm.actions.following import follow_record, unfollow_record
from crm.actions.records import change_record
from crm.actions.tags import tags_of
from crm.errors import CrmError
from crm.hooks import records
from crm.models import Contact, Tag, Team, User
from crm.queries.named import record_named
from crm.web.forms import RecordField
from crm.web.frame import Frame
from crm.web.pages import add_to, answer, done, is_htmx, render_form
from crm.web.record_form import edit_page
from crm.web.requests import SignedIn


class AssignForm(forms.Form):
    """A person, found by typing; or nobody yet, and the team in whose queue it waits."""

    owner = RecordField(label=gettext_lazy("Person"), queryset=User.objects.filter(is_active=True), required=False)
    team = forms.ModelChoiceField(
        label=gettext_lazy("Or the queue of a team"), queryset=Team.objects.all(), required=False, empty_label="–",
        help_text=gettext_lazy("It then has no owner: whoever of the team takes it, assigns it to themselves."),
    )  # fmt: skip


class DeactivateForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Why?"), required=False, max_length=300)


@login_required
def side(request: SignedIn, label: str, pk: int) -> HttpResponse:
    """The boxes beside a record: its own, and those of the person it is about, where the reader sees them."""
    record = record_named(f"{label}:{pk}", request.user)
    about = None if isinstance(record, Contact) else getattr(record, "contact_id", None)
    person = Contact.objects.visible_to(request.user).filter(pk=about).first() if about else None
    return render(request, "ui/_side.html", {"record": record, "person": person})


@login_required
def edit(request: SignedIn, label: str, pk: int) -> HttpResponse:
    """All fields on one page."""
    record = _of_a_kind(request, label, pk).must_be_editable_by(request.user)
    kind = records.get(label)
    if why := kind.why_locked(record):
        return done(request, str(why), record.get_absolute_url())
    return edit_page(request, kind, record)


@login_required
def assign(request: SignedIn, label: str, pk: int) -> HttpResponse:
    record = _of_a_kind(request, label, pk)
    must_be_able_to(request.user, "assign", record)
    form = AssignForm(request.POST or None, initial={"owner": record.owner_id, "team": record.team_id})
    if form.is_valid():
        owner, team = form.cleaned_data["owner"], form.cleaned_data["team"]
        if team is not None and owner is not None and owner.pk == record.owner_id:
            owner = None  # the owner's name still stood there: the team was what was chosen
        try:
            after = assign_record(record, owner=owner, team=team, by=request.user)
        except CrmError as problem:
            add_to(form, problem)
        else:
            whom = _("It now belongs to %s.") % owner if owner else _("It waits in the queue of %s.") % team
            return done(request, whom, _home(request, after))
    return ask(request, record, form, _("Assign “%s”") % record, _("Assign"))


@login_required
def deactivate(request: SignedIn, label: str, pk: int) -> HttpResponse:
    record = _switchable(request, label, pk)
    form = DeactivateForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _switch(request, record, deactivate_record, _("It is inactive now."), **form.cleaned_data)
    gone = isinstance(record, Contact)
    sentence = _(
        "It stays with its whole history, but becomes read-only, gets no more mail and drops out of segments. "
        "You can reactivate it at any time."
    )
    title = _("“%s” is no longer there") % record if gone else _("Deactivate “%s”") % record
    return ask(request, record, form, title, _("Deactivate"), sentence)


@login_required
@require_POST
def reactivate(request: SignedIn, label: str, pk: int) -> HttpResponse:
    return _switch(request, _switchable(request, label, pk), reactivate_record, _("It is active again."))


@login_required
@require_POST
def follow(request: SignedIn, label: str, pk: int) -> HttpResponse:
    """Follow it, or stop following where the button says so: also what one no longer sees."""
    if request.POST.get("stop"):
        unfollow_record(label, pk, by=request.user)
        if not is_htmx(request):
            return done(request, _("You no longer follow it."), reverse("crm:following"))
    record = record_named(f"{label}:{pk}", request.user)
    if not request.POST.get("stop"):
        follow_record(record, by=request.user)
    if is_htmx(request):
        return render(request, "ui/_follow.html", {"frame": Frame(request, record)})
    return done(request, _("You follow “%s”.") % record, record.get_absolute_url())


@login_required
@require_POST
def tags(request: SignedIn, label: str, pk: int) -> HttpResponse:
    """Put one tag on (`add`), or take one off (`remove`); answers the row of tags."""
    record = _of_a_kind(request, label, pk).must_be_editable_by(request.user)
    names = [str(tag) for tag in tags_of([record]).get(record.pk, [])]
    added, removed = request.POST.get("add", "").strip(), request.POST.get("remove", "").strip()
    wanted = [name for name in names if name.casefold() != removed.casefold()]
    if added and added.casefold() not in {name.casefold() for name in wanted}:
        wanted.append(added)
    try:
        change_record(record, {"tags": wanted}, by=request.user)
    except CrmError as problem:
        return answer(request, problem, record.get_absolute_url())
    if not is_htmx(request):
        return done(request, _("Saved."), record.get_absolute_url())
    context = {"frame": Frame(request, record), "is_adding": bool(added)}
    return render(request, "ui/_tags.html", context)


@login_required
def tag_names(request: SignedIn) -> JsonResponse:
    """Tags that fit what is typed, for the box that adds one."""
    text = request.GET.get("q", "").strip()[:60]
    rows = Tag.objects.filter(name__icontains=text) if text else Tag.objects.all()
    return JsonResponse({"found": [{"title": tag.name, "colour": tag.colour} for tag in rows[:8]]})


def _of_a_kind(request: SignedIn, label: str, pk: int) -> Any:
    if not records.known(label):
        raise Http404
    return record_named(f"{label}:{pk}", request.user)


def _switchable(request: SignedIn, label: str, pk: int) -> Any:
    """A record that can be inactive, and that the user may change."""
    record = _of_a_kind(request, label, pk)
    if not hasattr(record, "is_active"):
        raise Http404
    return record.must_be_editable_by(request.user)


def _switch(request: SignedIn, record: Any, action: Any, sentence: str, **words: Any) -> HttpResponse:
    try:
        action(record, **words, by=request.user)
    except CrmError as problem:
        return answer(request, problem, record.get_absolute_url())
    return done(request, sentence, record.get_absolute_url())


def ask(request: SignedIn, record: Any, form: forms.Form, title: str, submit: str, sentence: str = "") -> HttpResponse:
    """A form before the deed: a page of its own, or the dialog of the frame."""
    more: dict[str, Any] = {"template": "ui/_sheet_form.html"} if is_htmx(request) else {}
    return render_form(
        request, form, title=title, submit=submit, back=record.get_absolute_url(), sentence=sentence, **more
    )


def _home(request: SignedIn, record: Any) -> str:
    """Its page, or the list where it is out of sight now."""
    if type(record).objects.visible_to(request.user).filter(pk=record.pk).exists():
        return str(record.get_absolute_url())
    return reverse(records.kind_of(record).list_url)
