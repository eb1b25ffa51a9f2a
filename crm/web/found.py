"""How accounts, contacts, activities and campaigns are shown where they are found, and the boxes that choose one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext_lazy as _

from crm.hooks.search import SearchSource, sources
from crm.models import Account, Activity, Contact, User
from crm.search.finding import find, words_of

FEW = 8


def about_contact(contact: Contact) -> str:
    return " · ".join(filter(None, [str(contact.account or contact.company_name or ""), contact.email]))


def about_account(account: Account) -> str:
    return " · ".join(filter(None, [account.city, account.country]))


def about_activity(activity: Activity) -> str:
    return " · ".join(filter(None, [activity.get_kind_display(), str(activity.contact or activity.account or "")]))


SOURCES: tuple[SearchSource, ...] = (
    SearchSource("crm.contact", _("Contacts"), "user", about_contact, ("account",), 10),
    SearchSource("crm.account", _("Accounts"), "building", about_account, (), 20),
    SearchSource("crm.activity", _("Activities"), "checkbox", about_activity, ("contact", "account"), 60),
)


@login_required
def choose(request: HttpRequest, source: str) -> JsonResponse:
    """The first few records whose names match, for a box that chooses one; or `?ids=1,2`, for one that shows them."""
    ids = [int(one) for one in request.GET.get("ids", "").split(",")[:100] if one.isascii() and one.isdigit()]
    text = request.GET.get("q", "")
    if source == "crm.user":
        rows: Any = User.objects.filter(pk__in=ids).select_related("team") if ids else colleagues(text)
        about: Callable[[Any], str] = about_colleague
    else:
        offered = {one.kind: one for one in sources()}.get(source)
        if offered is None:
            raise Http404
        model: Any = apps.get_model(source)
        seen = model.objects.visible_to(request.user)
        rows = (
            seen.filter(pk__in=ids).select_related(*offered.related)
            if ids
            else find(request.user, text, {source: offered.related}, FEW).get(source, [])
        )
        about = offered.sentence
    return JsonResponse({"found": [{"id": row.pk, "title": str(row), "sentence": about(row)} for row in rows]})


def colleagues(text: str) -> list[User]:
    """Those who work here and have every word in their name or address."""
    rows = User.objects.filter(is_active=True).select_related("team")
    for word in words_of(text):
        rows = rows.filter(Q(name__icontains=word) | Q(email__istartswith=word))
    return list(rows[:FEW])


def about_colleague(user: User) -> str:
    return " · ".join(filter(None, [str(user.team or ""), user.email]))
