"""Segments in the admin: the list, the builder, the members, and why somebody is in or not."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from crm.access.see import must_be_able_to_add, see_or_404
from crm.admin.base import RecordAdmin
from crm.admin.stale import SeenForm, alone_with
from crm.errors import CrmError, Invalid
from crm.models import Contact
from crm.rules.counting import PATIENCE, TooSlow, within
from crm.rules.forms import LONGEST, RuleField
from crm.rules.tree import CONTACT
from crm.rules.use import RuleInvalid
from crm.search.finding import narrow
from crm.web.facts_said import facts_of
from crm.web.pages import answer, done
from marketing.actions.segments import (
    NeedsConfirmation,
    ask_for_refresh,
    change_segment,
    copy_as_list,
    create_segment,
    delete_segment,
    effect_of,
    live_uses_of,
    remove_members,
)
from marketing.admin.segment_tabs import TONES, SegmentTabs
from marketing.models import Segment
from marketing.queries.segments import why


def _user(request: HttpRequest) -> Any:
    """Whoever is signed in; the admin lets in nobody else."""
    return request.user


class SegmentForm(SeenForm, forms.Form):
    """A segment: what it is called, and who is in it. The kind is chosen once."""

    name = forms.CharField(max_length=200)
    kind = forms.ChoiceField(choices=Segment.Kind.choices, widget=forms.RadioSelect, initial=Segment.Kind.DYNAMIC)
    description = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False)
    rule = RuleField(label="Who is in it", preview="full", required=False)
    is_confirmed = forms.BooleanField(required=False, label="Yes, change who is in it for all that uses it")

    def __init__(self, *args: Any, segment: Segment | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.segment = segment
        if segment:
            del self.fields["kind"]
        if segment is None or segment.kind == Segment.Kind.STATIC:
            del self.fields["is_confirmed"]
        if segment and segment.kind == Segment.Kind.STATIC:
            del self.fields["rule"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        kind = self.segment.kind if self.segment else data.get("kind")
        if kind != Segment.Kind.STATIC and not data.get("rule") and "rule" not in self.errors:
            self.add_error("rule", "Add at least one condition.")
        return data


@admin.register(Segment)
class SegmentAdmin(SegmentTabs, RecordAdmin):
    list_display = ("name", "people", "state", "sort_of", "refreshed_at", "owner")
    list_filter = ("kind", "status")
    search_fields = ("name",)
    list_select_related = ("owner",)
    change_list_template = "admin/marketing/segment/change_list.html"
    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # segments go to the bin by our own button, which asks who refers to them

    @admin.display(description="People", ordering="member_count")
    def people(self, segment: Segment) -> SafeString:
        address = reverse("admin:marketing_segment_members", args=[segment.pk])
        return format_html('<a class="num" href="{}">{}</a>', address, f"{segment.member_count:,}")

    @admin.display(description="State")
    def state(self, segment: Segment) -> SafeString:
        from crm.templatetags.ui import status_badge

        return status_badge(segment.get_status_display(), TONES[segment.status])

    @admin.display(description="Kind", ordering="kind")
    def sort_of(self, segment: Segment) -> str:
        return segment.get_kind_display().partition(":")[0]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<int:pk>/why/", view(self.why_view), name="marketing_segment_why"),
            path("<int:pk>/refresh/", view(require_POST(self.refresh_view)), name="marketing_segment_refresh"),
            path("<int:pk>/copy/", view(require_POST(self.copy_view)), name="marketing_segment_copy"),
            path("<int:pk>/effect/", view(require_POST(self.effect_view)), name="marketing_segment_effect"),
            path("<int:pk>/bin/", view(require_POST(self.bin_view)), name="marketing_segment_bin"),
            path("<int:pk>/remove/", view(require_POST(self.remove_view)), name="marketing_segment_remove"),
        ]
        return own + self.tab_urls() + super().get_urls()

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The builder, to make and to change."""
        with alone_with(request, Segment, object_id):
            return self._builder(request, object_id)

    def _builder(self, request: HttpRequest, object_id: str | None) -> HttpResponse:
        segment = see_or_404(Segment, object_id, request.user) if object_id else None
        if segment is None:
            must_be_able_to_add(request.user, Segment)
        first = {"name": segment.name, "description": segment.description, "rule": segment.rule} if segment else {}
        form = SegmentForm(request.POST or None, initial=first, segment=segment)
        effect, uses = None, live_uses_of(segment) if segment else []
        if request.method == "POST" and form.is_valid():
            try:
                saved = self._save(segment, form.cleaned_data, request.user)
                to = reverse("admin:marketing_segment_members", args=[saved.pk])
                return done(request, f"“{saved}” is saved.", to)
            except NeedsConfirmation as problem:
                effect, uses = problem.effect, problem.uses
            except Invalid as problem:
                form.add_error(problem.field if problem.field in form.fields else None, problem.message)
        title = segment.name if segment else "New segment"
        context = {"form": form, "segment": segment, "title": title, "uses": uses, "effect": effect}
        status = 409 if form.conflicts or effect else 422 if form.errors else 200
        return self.page(request, "admin/marketing/segment/builder.html", context, status)

    def _save(self, segment: Segment | None, values: dict[str, Any], user: Any) -> Segment:
        if segment is None:
            return create_segment(**values, by=user)
        return change_segment(segment, **values, by=user)

    def effect_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Body: {"rule": …}. How many would enter and leave by it; both None where that takes too long to count."""
        segment = see_or_404(Segment, pk, request.user)
        try:
            rule = json.loads(request.body[: LONGEST + 1000])["rule"]
            effect = within(PATIENCE, lambda: effect_of(segment, rule, timezone.now()))
        except (ValueError, LookupError, TypeError, RecursionError, RuleInvalid):
            return JsonResponse({"message": "This is not a rule."}, status=400)
        except TooSlow:
            return JsonResponse({"enter": None, "leave": None, "is_new": True})
        return JsonResponse({"enter": effect.enter, "leave": effect.leave, "is_new": rule != segment.rule})

    def why_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Choose a person, then read each part of the rule with its answer."""
        segment = see_or_404(Segment, pk, request.user)
        wanted = request.GET.get("q", "").strip()
        contact, reason, problem = None, None, ""
        if (chosen := request.GET.get("contact", "")).isdigit():
            contact = see_or_404(Contact, int(chosen), request.user)
            try:
                say = facts_of(contact, CONTACT, request.user)
                reason = why(segment, contact, timezone.now(), reader=_user(request), say=say)
            except RuleInvalid as error:
                problem = error.message
        visible = Contact.objects.visible_to(request.user)
        context = {
            "segment": segment,
            "title": f"Why is somebody in “{segment}”?",
            "q": wanted,
            "people": narrow(visible, wanted)[:10] if wanted else [],
            "contact": contact,
            "why": reason,
            "problem": problem,
        }
        return self.page(request, "admin/marketing/segment/why.html", context)

    def refresh_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.acted(
            request, pk, lambda segment: ask_for_refresh(segment, by=_user(request)), "“{}” is being refreshed."
        )

    def copy_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        def copy(segment: Segment) -> Segment:
            name = f"{segment.name} on {timezone.localdate():%-d %b %Y}"[:200]
            return copy_as_list(segment, name=name, by=_user(request))

        return self.acted(request, pk, copy, "“{}” keeps them as they are now.")

    def remove_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        def remove(segment: Segment) -> Segment:
            chosen = [int(one) for one in request.POST.getlist("contact") if one.isdigit()]
            remove_members(segment, chosen, by=_user(request))
            return segment

        return self.acted(request, pk, remove, "Taken off “{}”.")

    def bin_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        segment = see_or_404(Segment, pk, request.user)
        try:
            delete_segment(segment, by=_user(request))
        except CrmError as problem:
            return answer(request, problem, reverse("admin:marketing_segment_members", args=[pk]))
        return done(request, f"“{segment}” is in the bin.", reverse("admin:marketing_segment_changelist"))
