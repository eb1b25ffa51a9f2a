"""Lists of the admin that teach while they are empty, and records that go to the bin."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from crm.actions.bin import delete_records
from crm.hooks.registry import Text


class TeachingList(ModelAdmin):
    """What stands where rows will be: a title, a sentence, the button that starts it, a picture."""

    change_list_template = "admin/teaching_list.html"
    empty_title: Text = ""
    empty_sentence: Text = ""
    empty_button: Text = ""
    empty_picture = "inbox"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        words = {
            name: getattr(self, name) for name in ("empty_title", "empty_sentence", "empty_button", "empty_picture")
        }
        return super().changelist_view(request, {**words, **(extra_context or {})})


class ToTheBin(ModelAdmin):
    """Deleting puts records into the bin, with all that belongs to them; nothing is torn out."""

    def held_by(self, record: Any) -> list[str]:
        """What still needs this record and so keeps it from being deleted, in words."""
        return []

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        records = list(objs)
        held = [reason for record in records for reason in self.held_by(record)]
        return [str(record) for record in records], {}, set(), held

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_queryset(request, self.model._default_manager.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        delete_records(list(queryset), by=request.user)  # type: ignore[arg-type]
