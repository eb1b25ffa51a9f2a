"""The designer of an email: its languages, test, versions, and who else has it open."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from crm.access.see import see_or_404
from crm.errors import CrmError, Invalid
from crm.rules.forms import RuleWidget
from marketing.actions.emails import edit_email, make_ready, problems_of, said_in, send_test
from marketing.actions.languages import add_language, remove_language
from marketing.actions.revisions import put_aside, sit_down, stand_up
from marketing.admin.by_api import by_api_box
from marketing.admin.designer import Designer, language_of, person, refused, typed_in
from marketing.blocks.checking import Problem
from marketing.models import EmailRevision, EmailVersion, MarketingEmail

SHOWN = 50


class EmailDesigner(Designer):
    """Mixin of the admin of emails."""

    def email_urls(self: Any) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "marketing_marketingemail"
        return [
            *self.designer_urls(),
            path("<int:pk>/test/", view(require_POST(self.test)), name=f"{name}_test"),
            path("<int:pk>/seat/", view(require_POST(self.seat)), name=f"{name}_seat"),
            path("<int:pk>/aside/", view(require_POST(self.aside)), name=f"{name}_aside"),
            path("<int:pk>/versions/", view(self.versions), name=f"{name}_versions"),
            path("<int:pk>/versions/restore/", view(require_POST(self.restore)), name=f"{name}_restore"),
            path("<int:pk>/languages/", view(require_POST(self.languages)), name=f"{name}_languages"),
        ]

    def see(self, request: HttpRequest, pk: int) -> MarketingEmail:
        rows = MarketingEmail.objects.select_related("sender", "topic", "campaign", "brand", "brand__logo")
        return see_or_404(rows, pk, request.user)

    def as_email(self, thing: MarketingEmail, language: str) -> MarketingEmail:
        if not language:
            return thing
        try:
            said = said_in(thing, language)
        except Invalid:
            raise Http404 from None
        said.pk = None  # what is typed is read, and nothing of the other languages with it
        return said

    def write(self, request: HttpRequest, thing: Any, language: str, typed: dict[str, Any]) -> Any:
        return edit_email(thing, language=language, by=_user(request), **typed)

    def find_problems(self, email: MarketingEmail) -> list[Problem]:
        return problems_of(email)

    def more_context(self, request: HttpRequest, thing: Any, language: str) -> dict[str, Any]:
        name = "admin:marketing_marketingemail"
        return {
            "email": thing,
            "by_api": by_api_box(thing),
            "is_html": thing.kind == MarketingEmail.Kind.HTML,
            "languages": list(thing.translations.values_list("language", flat=True)),
            "rule_widget": RuleWidget(preview="words").render("rule", None),
            "sends": thing.sends.all()[:5],
            "email_addresses": {
                verb: reverse(f"{name}_{verb}", args=[thing.pk]) for verb in ("test", "seat", "aside", "versions")
            },
        }

    def design(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        """The page. Its buttons that lead on save first; what was typed is kept whatever goes wrong."""
        email = self.see(request, pk)
        if request.method != "POST":
            return self.designer(request, email)
        email.must_be_editable_by(request.user)
        typed: dict[str, Any] = {}
        try:
            typed = typed_in(request, self.heads)
            email = self.saved(request, email)
            return self._then(request, email)
        except CrmError as problem:
            email = self.see(request, pk)  # what could be saved was saved, and raised the version
            return self.designer(request, email, problem=problem, typed=typed)

    def _then(self: Any, request: HttpRequest, email: MarketingEmail) -> HttpResponse:
        user = _user(request)
        match request.POST.get("then"):
            case "ready":
                email = make_ready(email, by=user)
                messages.success(request, f"Version {email.ready_version} is ready to be sent.")
            case "send":
                if email.status != MarketingEmail.Status.READY:
                    make_ready(email, by=user)
                return HttpResponseRedirect(reverse("admin:marketing_send_new", args=["email", email.pk]))
            case _:
                messages.success(request, "Saved.")
        return HttpResponseRedirect(design_address(email, language_of(request)))

    def test(self: Any, request: HttpRequest, pk: int) -> JsonResponse:
        """Send what is saved to somebody to look at."""
        email, user = self.see(request, pk), _user(request)
        try:
            contact = person(request.POST.get("as", ""), user)
            message = send_test(
                email, to=request.POST.get("to", ""), contact=contact, language=language_of(request), by=user
            )
        except CrmError as problem:
            return refused(problem)
        return JsonResponse({"said": f"A test is on its way to {message.address}."})

    def seat(self: Any, request: HttpRequest, pk: int) -> JsonResponse:
        """I am here: who else is, and which version is saved. With “leave” I am not any more."""
        email, user = self.see(request, pk), _user(request)
        if request.POST.get("leave"):
            stand_up(email, by=user)
            return JsonResponse({})
        others = [str(seat.user) for seat in sit_down(email, by=user)]
        newest = email.revisions.filter(is_aside=False).select_related("by").first()
        return JsonResponse({"version": email.version, "others": others, "by": str(newest.by) if newest else ""})

    def aside(self: Any, request: HttpRequest, pk: int) -> JsonResponse:
        """Keep what is on my screen among the versions, and take the one that is saved."""
        email = self.see(request, pk)
        try:
            put_aside(email, language_of(request), by=_user(request), **typed_in(request, self.heads))
        except CrmError as problem:
            return refused(problem)
        return JsonResponse({})

    def versions(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        email = self.see(request, pk)
        context = {
            **self.admin_site.each_context(request),
            "title": email.name,
            "email": email,
            "made": email.versions.select_related("made_by").defer("html", "text", "blocks")[:SHOWN],
            "revisions": email.revisions.select_related("by").defer("html", "blocks")[:SHOWN],
            "may_change": self.has_change_permission(request, email),
        }
        return render(request, "admin/marketing/emails/versions.html", context)

    def rendered(self: Any, request: HttpRequest, thing: Any) -> Any:
        """Also of a former state: ?revision=7 or ?number=2."""
        revision, number = request.GET.get("revision", ""), request.GET.get("number", "")
        if revision or number:
            before = _before(thing, revision, number)
            for name in ("subject", "blocks", "html"):
                setattr(thing, name, getattr(before, name) if name != "html" or revision else "")
        return super().rendered(request, thing)

    def restore(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a former state for the draft; the one that stands now is kept among the versions."""
        email = self.see(request, pk)
        before = _before(email, request.POST.get("revision", ""), request.POST.get("number", ""))
        said: dict[str, Any] = {"subject": before.subject, "blocks": before.blocks}
        language = ""
        if isinstance(before, EmailRevision):
            language = before.language
            said |= {"preheader": before.preheader, "html": before.html}
        elif email.kind == MarketingEmail.Kind.HTML:
            said |= {"html": before.html}
        try:
            edit_email(email, language=language, by=_user(request), **said)
        except CrmError as problem:
            messages.error(request, problem.message)
        else:
            messages.success(request, "It stands as it did then. What stood here is among the versions.")
        return HttpResponseRedirect(design_address(email, language))

    def languages(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        """Add a version in a language, or take one away."""
        email = self.see(request, pk)
        language = request.POST.get("language", "").strip()
        try:
            if request.POST.get("remove"):
                remove_language(email, language, by=_user(request))
                messages.success(request, f"The version in “{language}” is gone.")
                language = ""
            else:
                language = add_language(email, language, by=_user(request)).language
                messages.success(request, "It begins as a copy: translate it here.")
        except CrmError as problem:
            messages.error(request, problem.message)
            language = ""
        return HttpResponseRedirect(design_address(email, language))


def _user(request: HttpRequest) -> Any:
    """Whoever is signed in; the admin lets in nobody else."""
    return request.user


def design_address(email: MarketingEmail, language: str = "") -> str:
    address = reverse("admin:marketing_marketingemail_design", args=[email.pk])
    return f"{address}?language={language}" if re.fullmatch(r"[\w-]+", language) else address


def _before(email: MarketingEmail, revision: str, number: str) -> EmailRevision | EmailVersion:
    """Raises Http404 where there was no such state."""
    found: EmailRevision | EmailVersion | None = None
    if revision.isdecimal():
        found = email.revisions.filter(pk=revision).first()
    elif number.isdecimal():
        found = email.versions.filter(number=number).first()
    if found is None:
        raise Http404
    return found
