"""Set-up › Tags: rename, recolour, make several one, delete."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from crm.actions.tags import merge_tags
from crm.admin.base import GrantedAdmin
from crm.admin.lists import TeachingList
from crm.errors import CrmError
from crm.models import Tag, Tagging


class TagForm(forms.ModelForm):
    class Meta:
        model = Tag
        fields = ("name", "colour")

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if other := Tag.objects.filter(name__iexact=name).exclude(pk=self.instance.pk).first():
            raise forms.ValidationError(
                _("There is a tag “%s” already. Choose both in the list to make them one.") % other
            )
        return name


@admin.register(Tag)
class TagAdmin(TeachingList, GrantedAdmin):
    """How often each is used, counted for the rows of the page."""

    empty_title = lazy("No tags yet")
    empty_sentence = lazy("A tag is a word of your own on any record. Put one on a record, or make it here first.")
    empty_button = lazy("Make a tag")
    empty_picture = "tag"
    form = TagForm
    list_display = ["name", "colour", "used"]
    list_filter = ["colour"]
    search_fields = ["name"]
    actions = ["make_one"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tag]:
        on = Tagging.objects.filter(tag=OuterRef("pk")).order_by().values("tag").annotate(n=Count("pk")).values("n")
        used = Coalesce(Subquery(on, output_field=IntegerField()), 0)
        return super().get_queryset(request).annotate(_used=used)

    @admin.display(description=lazy("Records"), ordering="_used")
    def used(self, tag: Any) -> int:
        count: int = tag._used
        return count

    @admin.action(description=lazy("Make the chosen ones one"), permissions=["change"])
    def make_one(self, request: HttpRequest, tags: Any) -> None:
        """The one that is used most stays."""
        user: Any = request.user
        try:
            kept = merge_tags(list(tags.order_by("-_used", "pk")), by=user)
        except CrmError as problem:
            self.message_user(request, problem.message, messages.ERROR)
        else:
            self.message_user(request, _("They are one now: “%s”.") % kept)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Says how many records lose it; listing each could be a million lines."""
        count = Tagging.objects.filter(tag__in=[tag.pk for tag in objs]).count()
        return [str(tag) for tag in objs], {_("Records that lose it"): count}, set(), []
