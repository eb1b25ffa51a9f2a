"""The designer of whatever has blocks: its page, what it saves by itself, its preview and its check.

An admin class mixes it in and says how its thing is read and written. Every answer to a script is JSON; a preview is a
frame with a policy of its own, in which nothing runs.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from csp.decorators import csp_replace, csp_update
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST
from liquid.exceptions import LiquidError

from crm.access.see import see_or_404
from crm.delivery.rendering import Rendered, preview
from crm.delivery.senders import as_from, default_sender
from crm.errors import CrmError, Invalid, Stale
from crm.models import Contact
from marketing.actions.emails import content_of, sample_values
from marketing.actions.sender_checks import may_see_trust
from marketing.admin.designer_words import schema_for
from marketing.blocks.checking import Problem, about_blocks
from marketing.blocks.conditions import must_be_writable
from marketing.blocks.looks import look_of
from marketing.blocks.parsing import as_stored, parse_blocks
from marketing.models import MarketingEmail

own_frame = csp_replace(
    {
        "default-src": ["'none'"],
        "img-src": ["*", "data:"],
        "style-src": ["'unsafe-inline'"],
        "frame-ancestors": ["'self'"],
        "sandbox": ["allow-popups"],
    }
)
pictures_from_everywhere = csp_update({"img-src": ["https:", "http:"]})
DARK = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)")
HEADS = ("subject", "preheader")


class Designer:
    """Mixin, named first. `heads`: the lines beside the blocks that are edited here."""

    heads: tuple[str, ...] = HEADS
    is_part = False
    designer_template = "admin/marketing/designer/page.html"

    def designer_urls(self: Any) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = f"marketing_{self.model._meta.model_name}"
        frame = xframe_options_sameorigin(own_frame(self.preview))
        return [
            path("<int:pk>/design/", view(pictures_from_everywhere(self.design)), name=f"{name}_design"),
            path("<int:pk>/save/", view(require_POST(self.save)), name=f"{name}_save"),
            path("<int:pk>/preview/", view(frame), name=f"{name}_preview"),
            path("<int:pk>/check/", view(require_POST(self.check_draft)), name=f"{name}_check"),
        ]

    def see(self: Any, request: HttpRequest, pk: int) -> Any:
        return see_or_404(self.model, pk, request.user)

    # What a class says for itself

    def as_email(self, thing: Any, language: str) -> MarketingEmail:
        """An email that is never saved, for preview and check."""
        return MarketingEmail(
            name=thing.name,
            subject=getattr(thing, "subject", "") or thing.name,
            preheader=getattr(thing, "preheader", ""),
            brand=getattr(thing, "brand", None),
            blocks=thing.blocks,
        )

    def write(self, request: HttpRequest, thing: Any, language: str, typed: dict[str, Any]) -> Any:
        raise NotImplementedError

    def find_problems(self, email: MarketingEmail) -> list[Problem]:
        return sorted(about_blocks(parse_blocks(email.blocks), look_of(email.brand)), key=lambda one: not one.is_error)

    def more_context(self, request: HttpRequest, thing: Any, language: str) -> dict[str, Any]:
        return {}

    # The pages

    def design(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        thing = self.see(request, pk)
        return self.designer(request, thing)

    def designer(
        self: Any, request: HttpRequest, thing: Any, *, problem: CrmError | None = None, typed: Any = None
    ) -> HttpResponse:
        user: Any = request.user
        language = language_of(request)
        email = self.as_email(thing, language)
        values = {name: (typed or {}).get(name, getattr(email, name)) for name in (*self.heads, "html")}
        name = f"admin:marketing_{self.model._meta.model_name}"
        context = {
            **self.admin_site.each_context(request),
            "title": thing.name,
            "thing": thing,
            "said": email,
            "values": values,
            "blocks": json.dumps((typed or {}).get("blocks", email.blocks)),
            "heads": self.heads,
            "language": language,
            "problem": problem,
            "schema": schema_for(user, email, is_part=self.is_part),
            "people": Contact.objects.visible_to(user).exclude(email="").order_by("-pk")[:15],
            "may_change": self.has_change_permission(request, thing),
            "list_address": reverse(f"{name}_changelist"),
            "list_name": self.model._meta.verbose_name_plural,
            "addresses": {verb: reverse(f"{name}_{verb}", args=[thing.pk]) for verb in ("save", "preview", "check")},
            **self.more_context(request, thing, language),
        }
        return render(request, self.designer_template, context, status=problem.status if problem else 200)

    def save(self: Any, request: HttpRequest, pk: int) -> JsonResponse:
        """What the designer saves by itself: the fresh version, or why not."""
        thing = self.see(request, pk)
        thing.must_be_editable_by(request.user)
        try:
            thing = self.saved(request, thing)
        except CrmError as problem:
            return refused(problem)
        at = formats.time_format(timezone.localtime(timezone.now()), "H:i")
        return JsonResponse({"version": thing.version, "saved": _("Saved at %(time)s") % {"time": at}})

    @transaction.atomic
    def saved(self: Any, request: HttpRequest, thing: Any) -> Any:
        """Write what was typed, where nobody else has saved since. Raises Stale."""
        self.model.objects.select_for_update().filter(
            pk=thing.pk
        ).first()  # who saves at the same moment waits, and is told
        thing = self.see(request, thing.pk)
        if request.POST.get("version") != str(thing.version):
            raise Stale(
                _("Somebody else saved this in the meantime. What you have here is kept."),
                more={"version": thing.version, "now": self.as_email(thing, language_of(request)).subject},
            )
        typed = typed_in(request, self.heads)
        language = language_of(request)
        email = self.as_email(thing, language)
        if all(getattr(email, name) == value for name, value in typed.items()):
            return thing
        return self.write(request, thing, language, typed)

    def preview(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        """What a person would read, of what is typed now (POST) or saved (GET)."""
        thing = self.see(request, pk)
        said, text = Rendered("", "", ""), ""
        try:
            said = self.rendered(request, thing)
        except (CrmError, LiquidError) as problem:
            text = getattr(problem, "message", "") or f"This is not written right: {problem}"
        mode = request.POST.get("mode", "")
        if text or mode == "text":
            return render(request, "admin/marketing/designer/_plain.html", {"text": text or said.text})
        return HttpResponse(DARK.sub("@media all", said.html) if mode == "dark" else said.html)

    def rendered(self: Any, request: HttpRequest, thing: Any) -> Rendered:
        email = self.as_email(thing, language_of(request))
        if request.method == "POST":
            for name, value in typed_in(request, self.heads).items():
                setattr(
                    email, name, as_stored(parse_blocks(value, is_part=self.is_part)) if name == "blocks" else value
                )
        return render_as(request, email)

    def check_draft(self: Any, request: HttpRequest, pk: int) -> JsonResponse:
        """The problems of what is typed now; each names its block."""
        email = self.as_email(self.see(request, pk), language_of(request))
        try:
            for name, value in typed_in(request, self.heads).items():
                setattr(
                    email, name, as_stored(parse_blocks(value, is_part=self.is_part)) if name == "blocks" else value
                )
            problems = self.find_problems(email)
        except CrmError as problem:
            problems = [Problem(problem.message, path=problem.field)]
        if not may_see_trust(request.user):  # type: ignore[arg-type]
            problems = [replace(problem, url="") for problem in problems]
        return JsonResponse({"problems": [problem.as_json() for problem in problems]})


def typed_in(request: HttpRequest, heads: tuple[str, ...]) -> dict[str, Any]:
    """Raises Invalid where it did not arrive whole."""
    typed: dict[str, Any] = {name: request.POST.get(name, "").strip() for name in heads}
    for name, value in typed.items():
        if len(value) > 200:
            raise Invalid(f"The {name} is longer than 200 characters.", field=name)
        must_be_writable(value, f"The {name}", name)
    if "html" in request.POST:
        typed["html"] = must_be_writable(request.POST["html"], "The HTML", "html")
    if "blocks" in request.POST or "html" not in request.POST:
        try:
            typed["blocks"] = json.loads(request.POST.get("blocks", "[]"))
        except (ValueError, RecursionError):
            raise Invalid("The blocks did not arrive whole. Load the page again.", field="blocks") from None
    return typed


def render_as(request: HttpRequest, email: MarketingEmail) -> Rendered:
    contact = person(request.POST.get("as", ""), request.user)
    sender = as_from(email.sender or default_sender())
    content = content_of(email)
    return preview(content, contact, sample_values(content), purpose=email.purpose, sender=sender)


def person(address: str, user: Any) -> Contact | None:
    """The contact to preview as, by address; nobody in particular where there is none."""
    address = address.strip().lower()
    return Contact.objects.visible_to(user).filter(email_normal=address).first() if address else None


def language_of(request: HttpRequest) -> str:
    return (request.POST.get("language") or request.GET.get("language") or "")[:10]


def refused(problem: CrmError) -> JsonResponse:
    said = {"error": problem.message, "field": problem.field, "is_stale": isinstance(problem, Stale), **problem.more}
    return JsonResponse(said, status=problem.status)
