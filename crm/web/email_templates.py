"""The templates of the emails that people write: how they do, how they read, who has them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from crm.access.see import must_be_able_to, must_be_able_to_add, must_be_able_to_at_all, see_or_404
from crm.actions.attachments import attach_file, attachments_of, remove_attachment
from crm.actions.email_templates import (
    change_template,
    copy_template,
    create_template,
    delete_template,
    shares_with_everybody,
)
from crm.errors import CrmError
from crm.hooks import records
from crm.models import Attachment, Contact, EmailTemplate
from crm.queries.letters import Usage, usage_of
from crm.queries.template_words import filled, problems_in, tokens_for
from crm.rich_text import clean_rich
from crm.web.forms import RecordField
from crm.web.lists import page_of
from crm.web.pages import add_to, answer, done, render_form
from crm.web.requests import SignedIn
from crm.web.rich_fields import FilesField, RichText


class TemplateForm(forms.Form):
    """`about` decides which tokens there are; another choice is offered them after the next save or look."""

    name = forms.CharField(label=lazy("Name"), max_length=120)
    about = forms.ChoiceField(
        label=lazy("For emails about"), required=False, help_text=lazy("It decides what can be put into the text.")
    )
    reach = forms.ChoiceField(label=lazy("Who writes with it"), choices=EmailTemplate.Reach.choices)
    language = forms.ChoiceField(label=lazy("Language of its readers"), required=False)
    subject = forms.CharField(label=lazy("Subject"), max_length=200, widget=forms.TextInput(attrs={"data-wide": ""}))
    html = forms.CharField(label=lazy("Text"), widget=RichText, max_length=100_000)
    uploads = FilesField(label=lazy("Files that go along"), required=False)
    drop = forms.ModelMultipleChoiceField(
        label=lazy("Take off"), queryset=Attachment.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    is_active = forms.BooleanField(label=lazy("In use"), required=False, initial=True)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, user: Any, template: EmailTemplate | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("about", [("", _("Anything")), *((kind.name, str(kind.label)) for kind in records.all_kinds())])
        self._offer("language", [("", _("Any")), *settings.LANGUAGES])
        if not shares_with_everybody(user) and not (template and template.reach == EmailTemplate.Reach.EVERYBODY):
            self._offer("reach", [choice for choice in EmailTemplate.Reach.choices if choice[0] != "everybody"])
        asked = self.data.get("about", self.initial.get("about", ""))
        text: Any = self.fields["html"].widget
        text.offer(tokens_for(str(asked)))
        drop: Any = self.fields["drop"]
        drop.queryset = attachments_of(template) if template else Attachment.objects.none()
        if not drop.queryset.exists():
            del self.fields["drop"]

    def _offer(self, name: str, choices: list[Any]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    @property
    def groups(self) -> list[tuple[str, list[str]]]:
        parts = [
            ("", ["name", "about", "reach", "language"]),
            ("", ["subject", "html"]),
            ("", ["uploads", "drop", "is_active"]),
        ]
        return [(title, [name for name in names if name in self.fields]) for title, names in parts]


class ReaderForm(forms.Form):
    """Whose email is looked at."""

    reader = RecordField(label=lazy("As read by"), queryset=Contact.objects.none(), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reader: Any = self.fields["reader"]
        reader.queryset = reader.widget.queryset = Contact.objects.visible_to(user)


@login_required
def templates(request: SignedIn) -> HttpResponse:
    """One's own, the team's and the company's, each with what came of its emails."""
    must_be_able_to_at_all(request.user, "view", EmailTemplate)
    rows = EmailTemplate.objects.visible_to(request.user).select_related("owner", "team")
    words = request.GET.get("q", "").strip()[:100]
    if words:
        rows = rows.filter(name__icontains=words)
    page: Page = page_of(request, rows)
    usage = usage_of(list(page))
    told = [(row, usage.get(row.pk, Usage())) for row in page]
    context = {
        "page": page, "rows": told, "words": words, "kinds": {kind.name: kind.label for kind in records.all_kinds()},
        "may_add": request.user.may("crm.emailtemplate", "add"),
    }  # fmt: skip
    return render(request, "crm/letters/templates.html", context)


@login_required
def template_new(request: SignedIn) -> HttpResponse:
    must_be_able_to_add(request.user, EmailTemplate)
    return _edit(request, None)


@login_required
def template(request: SignedIn, pk: int) -> HttpResponse:
    """Its page is its form, for who may change it; else it is only read, and can be copied."""
    found = see_or_404(EmailTemplate, pk, request.user)
    if EmailTemplate.objects.editable_by(request.user).filter(pk=pk).exists():
        return _edit(request, found)
    files = attachments_of(found)
    context = {"template": found, "html": mark_safe(clean_rich(found.html)), "files": files}
    return render(request, "crm/letters/template.html", context)


@login_required
@require_POST
def template_preview(request: SignedIn) -> HttpResponse:
    """What is typed, said to a chosen reader; or what is wrong with it."""
    must_be_able_to_at_all(request.user, "view", EmailTemplate)
    user = request.user
    subject, html = request.POST.get("subject", "")[:200], clean_rich(request.POST.get("html", "")[:100_000])
    about = request.POST.get("about", "")
    form = ReaderForm(request.POST, user=user)
    reader = form.cleaned_data["reader"] if form.is_valid() else None
    reader = reader or Contact.objects.visible_to(user).order_by("-pk").first()
    record = _newest_about(about, reader, user)
    problems = [problem.message for problem in problems_in(subject, html, about)]
    said = None if problems else filled(subject, html, record=record, contact=reader, by=user)
    context = {
        "problems": problems, "said": said, "reader": reader, "record": record, "signature": user.signature,
        "html": mark_safe(said.html) if said else "",
    }  # fmt: skip
    return render(request, "crm/letters/_preview.html", context)


@login_required
@require_POST
def template_copy(request: SignedIn, pk: int) -> HttpResponse:
    must_be_able_to_add(request.user, EmailTemplate)
    copy = copy_template(see_or_404(EmailTemplate, pk, request.user), by=request.user)
    return done(request, _("This copy is yours."), copy.get_absolute_url())


@login_required
@require_POST
def template_delete(request: SignedIn, pk: int) -> HttpResponse:
    found = see_or_404(EmailTemplate, pk, request.user)
    must_be_able_to(request.user, "delete", found)
    delete_template(found)
    return done(request, _("“%s” is deleted.") % found, reverse("crm:email-templates"))


def _edit(request: SignedIn, found: EmailTemplate | None) -> HttpResponse:
    names = ("name", "about", "reach", "language", "subject", "html", "is_active", "version")
    initial = {name: getattr(found, name) for name in names} if found else {"about": _asked_kind(request)}
    form = TemplateForm(request.POST or None, request.FILES or None, user=request.user, template=found, initial=initial)
    if form.is_valid():
        try:
            saved = _save(form, found, request.user)
        except CrmError as problem:
            if problem.field not in form.fields:
                return answer(request, problem, request.path)
            add_to(form, problem)
        else:
            return done(request, _("Saved."), saved.get_absolute_url())
    context: dict[str, Any] = {
        "template_": found, "reader": ReaderForm(user=request.user), "files": attachments_of(found) if found else [],
        "usage": usage_of([found]).get(found.pk, Usage()) if found else None,
        "may_delete": found is not None and EmailTemplate.objects.reachable_by(request.user, "delete").filter(pk=found.pk).exists(),
    }  # fmt: skip
    title = found.name if found else _("New email template")
    back = reverse("crm:email-templates")
    return render_form(request, form, title=title, back=back, template="crm/letters/template_form.html", **context)


def _save(form: TemplateForm, found: EmailTemplate | None, by: Any) -> EmailTemplate:
    facts = form.cleaned_data
    uploads, drop, version = facts.pop("uploads"), facts.pop("drop", []), facts.pop("version")
    saved = (
        create_template(by=by, **facts) if found is None else change_template(found, by=by, version=version, **facts)
    )
    for attachment in drop:
        remove_attachment(attachment, by=by)
    for upload in uploads:
        attach_file(saved, upload, by=by)
    return saved


def _asked_kind(request: SignedIn) -> str:
    asked = request.GET.get("about", "")
    return asked if records.known(asked) else ""


def _newest_about(about: str, reader: Contact | None, user: Any) -> Any:
    """The record that the look is about: the reader herself, else her newest of that kind, else anybody's."""
    if not about or not records.known(about):
        return None
    model: Any = records.get(about).model
    if model is Contact:
        return reader
    rows = model.objects.visible_to(user).order_by("-pk")
    has_contact = any(field.name == "contact" for field in model._meta.get_fields())
    return (rows.filter(contact=reader).first() if has_contact and reader else None) or rows.first()
