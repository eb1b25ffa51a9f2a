"""Set-up › API tokens: everybody's, for those who look after access; revoked here."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from crm.access.depths import Depth, depth_of
from crm.admin.base import GrantedAdmin
from crm.admin.lists import TeachingList
from crm.models import ApiToken
from crm.web.tokens import labels_of


@admin.register(ApiToken)
class ApiTokenAdmin(TeachingList, GrantedAdmin):
    """A list to look at and to revoke from; a token is made by its user alone, who sees it once."""

    empty_title = lazy("No API tokens yet")
    empty_sentence = lazy(
        "Everybody makes their own under their name › API tokens. Here you see them all, and revoke them."
    )
    empty_picture = "key"
    list_display = ["name", "user", "begins_with", "may", "created_at", "last_used_at", "expires_at", "state"]
    list_display_links = None
    list_filter = ["may_write", "user"]
    list_select_related: ClassVar[tuple[str, ...]] = ("user",)
    search_fields = ["name", "prefix", "user__name", "user__email"]
    actions = ["revoke"]

    def reaches(self, request: HttpRequest, verb: str, obj: Any) -> bool:
        """Tokens have no teams: everybody's are for those who reach everything."""
        return depth_of(request.user, "crm.apitoken", verb) == Depth.ALL

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.reaches(request, "view", None)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=lazy("Begins with"))
    def begins_with(self, token: ApiToken) -> str:
        return f"tdm_{token.prefix}"

    @admin.display(description=lazy("May"))
    def may(self, token: ApiToken) -> str:
        what = _("read and write") if token.may_write else _("only read")
        return f"{what}: {labels_of(token)}" if token.resources else what

    @admin.display(description=lazy("State"))
    def state(self, token: ApiToken) -> str:
        if token.revoked_at:
            return _("revoked")
        return _("works") if token.is_alive(timezone.now()) else _("works no more")

    @admin.action(description=lazy("Revoke the chosen tokens"), permissions=["change"])
    def revoke(self, request: HttpRequest, tokens: QuerySet) -> None:
        n = tokens.filter(revoked_at=None).update(revoked_at=timezone.now())
        said = ngettext("%d token works no more.", "%d tokens work no more.", n) % n
        messages.success(request, said)
