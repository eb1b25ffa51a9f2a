"""What the pages of quotes, orders and invoices do alike: a command, the PDF, the mail, the badge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from crm.access.see import see_or_404
from crm.errors import CrmError, NotAllowed
from crm.web.pages import add_to, answer, done, render_form
from crm.web.requests import SignedIn
from sales.actions.sending import email_document, suggested_letter
from sales.models import Quote
from sales.pdf import file_name, render_pdf
from sales.web.document_forms import LetterForm

TONES = {
    "draft": "neutral", "active": "info", "won": "success", "closed": "neutral", "fulfilled": "success", "invoiced": "success",
    "cancelled": "neutral", "partly_paid": "warning", "paid": "success", "retired": "neutral",
}  # fmt: skip


def tone_of(document: Any) -> str:
    if isinstance(document, Quote) and document.close_reason == "lost":
        return "danger"
    return TONES.get(document.status, "neutral")


def seen(source: Any, request: SignedIn, pk: int) -> Any:
    """The record of a POST or form page: visible, and the user's to change."""
    return see_or_404(source, pk, request.user).must_be_editable_by(request.user)


def carry_out(
    request: SignedIn, record: Any, act: Callable[..., Any], sentence: str, to: str = "", **words: Any
) -> HttpResponse:
    """Run a command without questions; the sentence names what came of it."""
    try:
        after = act(record, **words, by=request.user)
    except CrmError as problem:
        return answer(request, problem, record.get_absolute_url())
    return done(request, sentence.format(after), to or after.get_absolute_url())


def ask_and_act(
    request: SignedIn,
    record: Any,
    form: Any,
    act: Callable[..., Any],
    *,
    title: str,
    submit: str,
    said: str,
    **more: Any,
) -> HttpResponse:
    """A form page in front of a command. What the command refuses is said at its field, with everything still typed."""
    back = record.get_absolute_url()
    if request.method == "POST" and form.is_valid():
        try:
            after = act(record, **form.cleaned_data, by=request.user)
        except CrmError as problem:
            add_to(form, problem)
        else:
            return done(
                request, said.format(after), after.get_absolute_url() if hasattr(after, "get_absolute_url") else back
            )
    return render_form(request, form, title=title, submit=submit, back=back, **more)


def must_proceed(transition: Any, sentence: str) -> None:
    """Do not show a form for what the state forbids anyway."""
    if not can_proceed(transition):
        raise NotAllowed(sentence)


def possible(record: Any) -> set[str]:
    """The names of the transitions that the record's state allows now: the page's buttons."""
    return {transition.name for transition in record.get_available_status_transitions()}


def pdf_answer(document: Any) -> HttpResponse:
    headers = {
        "Content-Disposition": f'attachment; filename="{file_name(document)}"',
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(render_pdf(document), content_type="application/pdf", headers=headers)


def email_page(request: SignedIn, document: Any) -> HttpResponse:
    """Write a few words and send the PDF with them."""
    form = LetterForm(request.POST or None, initial=suggested_letter(document, request.user))
    return ask_and_act(
        request,
        document,
        form,
        email_document,
        title=_("Email {} as PDF").format(document),
        submit=_("Send"),
        said=_("{} is on its way.").format(document),
        sentence=_("{} goes along as a PDF. The answer comes to {}.").format(file_name(document), request.user.email),
    )
