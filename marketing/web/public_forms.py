"""/f/<slug>/: a form on a page of its own, or in a frame on somebody else's."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from csp.decorators import csp_replace, csp_update
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from crm.errors import Invalid
from crm.languages import as_shipped, for_visitors
from crm.models import Company
from marketing.actions.forms import campaign_of, event_of
from marketing.actions.visits import Guest, record_visit
from marketing.answers import AnswerForm, answer_form, prefill
from marketing.models import Form
from marketing.web import form_tokens
from marketing.web.answering import receive
from marketing.web.guests import guest_of, remember

in_any_frame = csp_replace({"frame-ancestors": ["*"]})


@for_visitors
@never_cache
@csrf_exempt
@xframe_options_exempt
@in_any_frame
@require_http_methods(["GET", "HEAD", "POST"])
def form_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The form; a valid post leads to the thank-you page. The signed token in the page stands in for a CSRF cookie."""
    form = open_form(slug)
    guest = guest_of(request)
    if request.method == "POST":
        return remember(_answered(request, form, guest), guest)
    if request.method == "GET":
        record_visit(guest, form, page="form", campaign=campaign_of(form), address=request.build_absolute_uri())
    return remember(show_form(request, form, blank_answer(form, guest), form_tokens.issue(form)), guest)


@for_visitors
@xframe_options_exempt
@in_any_frame
@require_safe
def form_thanks(request: HttpRequest, slug: str) -> HttpResponse:
    """Where a sent form leads; it looks the same for everybody, so it tells nothing about anybody."""
    form = open_form(slug)
    return render(
        request, "marketing/public/thanks.html", {**page_facts(request), **words_of(form), "event": event_of(form)}
    )


def open_form(slug: str) -> Form:
    form = Form.objects.alive().filter(slug=slug).first()
    if form is None:
        raise Http404
    return form


def blank_answer(form: Form, guest: Guest) -> AnswerForm:
    """An empty form; for a recognised person with what we know of them."""
    known = prefill(form.definition, guest.contact) if guest.contact else {}
    return answer_form(form.definition)(initial=known)


def show_form(
    request: HttpRequest, form: Form, answer: AnswerForm, token: str, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The page with the form; the first field in error takes the focus."""
    focus_first_error(answer)
    context = {**page_facts(request), **words_of(form), "answer": answer, "token": token}
    template = more.pop("template", "marketing/public/form.html")
    return may_lead_on(render(request, template, {**context, **more}, status=status), form)


def words_of(form: Form) -> dict[str, Any]:
    """The form, and what it says: the words that Tandem brings in the visitor's language, the company's as they are."""
    return {"form": form, "button": as_shipped(form.button), "thank_you": as_shipped(form.thank_you)}


def focus_first_error(answer: AnswerForm) -> None:
    if answer.is_bound:
        for name in answer.fields:
            if name in answer.errors:
                answer.fields[name].widget.attrs["autofocus"] = True
                return


def page_facts(request: HttpRequest) -> dict[str, Any]:
    """What every public page shows: whose it is, and whether it stands in a frame."""
    return {
        "company": Company.objects.first(),
        "is_framed": "embed" in request.GET,
        "page": _where_it_stands(request),
    }


def _where_it_stands(request: HttpRequest) -> str:
    """The address of the page that the guest looks at; in a frame that is the page around it, as far as the browser tells."""
    around = request.GET.get("page", "") or (request.headers.get("Referer", "") if "embed" in request.GET else "")
    return request.POST.get("page", "") or around or request.build_absolute_uri(request.path)


def too_much(request: HttpRequest, problem: Invalid) -> HttpResponse:
    """The answer to a post so large that nothing of it was read."""
    facts = {"company": Company.objects.first(), "is_framed": "embed" in request.GET, "sentence": problem.message}
    return render(request, "marketing/public/sentence.html", facts, status=413)


def _answered(request: HttpRequest, form: Form, guest: Guest) -> HttpResponse:
    try:
        reply = receive(request, form, guest)
    except Invalid as problem:
        return too_much(request, problem)
    if reply.submission is None:
        return show_form(request, form, reply.answer, reply.token, status=reply.status)
    return thank(request, form)


def thank(request: HttpRequest, form: Form) -> HttpResponse:
    """Lead on: to the form's own page, or to ours. In a frame ours comes first, with a link out of it."""
    if form.redirect_url and "embed" not in request.GET:
        return HttpResponseRedirect(form.redirect_url)
    address = reverse("marketing:form-thanks", args=[form.slug])
    return HttpResponseRedirect(f"{address}?embed=1" if "embed" in request.GET else address)


def may_lead_on(response: HttpResponse, form: Form) -> HttpResponse:
    """Browsers hold form-action against the redirect after a post too, so the site it leads to is named."""
    if not form.redirect_url:
        return response
    parts = urlsplit(form.redirect_url)
    site = f"{parts.scheme}://{parts.netloc}"
    return csp_update({"form-action": [site]})(lambda: response)()
