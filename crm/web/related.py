"""The tabs “Related” and “Hierarchy”, and what crm itself relates: people and activities."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crm.access.see import see_or_404
from crm.hooks.related import Related, register, related_to
from crm.hooks.rollups import Rollup, all_rollups
from crm.hooks.rollups import register as register_rollup
from crm.models import Account, Activity, Contact
from crm.queries.hierarchy import below, tree_of
from crm.queries.rates import base_currency
from crm.queries.related import boxes_of
from crm.web.requests import SignedIn


def register_all() -> None:
    register_rollup(Rollup("people", _("People"), people_for, order=10))
    register(
        Related(
            "contacts", "crm.account", "crm.contact", _("Contacts"), people_of, people_address, new=new_person, order=10
        )
    )
    for on in ("crm.account", "crm.contact"):
        register(
            Related("activities", on, "crm.activity", _("Activities"), activities_of, activities_address, order=90)
        )


def related_tab(request: HttpRequest, record: Any) -> SafeString:
    boxes = boxes_of(record, request.user)
    for box in boxes:
        for row in box.rows:
            row.shown_amount = box.of.amount(row) if box.of.amount else ""
            row.shown_address = box.source.url(row)
            row.shown_sentence = box.source.sentence(row)
    context = {
        "record": record,
        "boxes": [
            {
                "box": box,
                "all": box.of.all(record),
                "new": box.of.new(record) if box.of.new and _may_add(request, box.of) else "",
            }
            for box in boxes
        ],
    }
    return render_to_string("crm/related.html", context, request)


def has_related(record: Any) -> bool:
    return bool(related_to(record))


def hierarchy_tab(request: HttpRequest, account: Account) -> SafeString:
    user: Any = request.user
    context = {
        "tree": tree_of(account, user),
        "record": account,
        "rollups": all_rollups(),
        "currency": base_currency(),
        "may_add": user.may("crm.account", "add"),
    }
    return render_to_string("crm/accounts/hierarchy.html", context, request)


@login_required
def children(request: SignedIn, pk: int) -> HttpResponse:
    """The lines below one account of the tree."""
    account = see_or_404(Account, pk, request.user)
    nodes, more = below(account.pk, request.user)
    context = {
        "nodes": nodes,
        "more": more,
        "parent": account.pk,
        "rollups": all_rollups(),
        "currency": base_currency(),
    }
    return render(request, "crm/accounts/_nodes.html", context)


def _may_add(request: HttpRequest, of: Related) -> bool:
    return bool(request.user.may(of.kind, "add"))  # type: ignore[union-attr]


def people_for(user: Any) -> Any:
    return Contact.objects.visible_to(user).filter(is_active=True)


def people_of(user: Any, account: Account) -> Any:
    return Contact.objects.visible_to(user).filter(account=account).order_by("last_name", "first_name", "pk")


def people_address(account: Account) -> str:
    return f"{reverse('crm:contacts')}?view=everybody&account={account.pk}"


def new_person(account: Account) -> str:
    return f"{reverse('crm:contact-add')}?account={account.pk}"


def activities_of(user: Any, record: Account | Contact) -> Any:
    return Activity.objects.visible_to(user).filter(**{str(record._meta.model_name): record}).order_by("-pk")


def activities_address(record: Account | Contact) -> str:
    return f"{reverse('crm:activities')}?{record._meta.model_name}={record.pk}"
