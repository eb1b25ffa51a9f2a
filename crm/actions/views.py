"""Keeping views of lists: save, change, delete, and the one a list opens with."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.access.depths import Depth, depth_of
from crm.errors import Forbidden, Invalid
from crm.models import DefaultView, SavedView, User
from crm.models.views import RESOURCE

Shared = SavedView.Shared


@transaction.atomic
def save_view(
    kind: str, *, name: str, query: str, shared: str = Shared.PRIVATE, others_may_change: bool = False, by: User
) -> SavedView:
    """A new view. Raises Forbidden where the role does not reach so many people, Invalid without a name."""
    view = SavedView(kind=kind, owner=by, query=query)
    return _kept(view, by, name=name, shared=shared, others_may_change=others_may_change)


@transaction.atomic
def change_view(view: SavedView, *, by: User, **fields: Any) -> SavedView:
    """Its `query`, `name`, `shared` or `others_may_change`. Raises Forbidden where it is not theirs to change."""
    view = SavedView.objects.select_for_update().get(pk=view.pk)
    _must_be_changeable(view, by)
    return _kept(view, by, **fields)


@transaction.atomic
def delete_view(view: SavedView, *, by: User) -> None:
    """Gone for everybody who saw it; whose list opened with it opens as it came."""
    _must_be_changeable(view, by)
    DefaultView.objects.filter(kind=view.kind, view=view.key).delete()
    view.delete()


def open_with(kind: str, view: str, *, by: User) -> None:
    """From now on the list opens with this view for this person; "" forgets the choice."""
    if view:
        DefaultView.objects.update_or_create(user=by, kind=kind, defaults={"view": view})
    else:
        DefaultView.objects.filter(user=by, kind=kind).delete()


def may_share(user: User, shared: str) -> bool:
    """May this person keep views for so many?"""
    depth = depth_of(user, RESOURCE, "add")
    match shared:
        case Shared.TEAM:
            return depth >= Depth.TEAM and user.team_id is not None
        case Shared.EVERYBODY:
            return depth == Depth.ALL
    return True


def _kept(view: SavedView, by: User, **fields: Any) -> SavedView:
    before = view.shared
    for name, value in fields.items():
        setattr(view, name, value)
    view.name = " ".join(view.name.split())
    if not view.name:
        raise Invalid(_("Give the view a name."), field="name")
    if view.shared != before and not may_share(by, view.shared):
        raise Forbidden(_("Your role does not let you keep views for others; keep it for yourself."))
    view.team = (view.team or by.team) if view.shared == Shared.TEAM else None
    view.version = view.version + 1 if view.pk else 1
    view.save()
    return view


def _must_be_changeable(view: SavedView, by: User) -> None:
    if not view.may_be_changed_by(by):
        names = {"view": view, "owner": view.owner}
        raise Forbidden(_("“%(view)s” belongs to %(owner)s. Save it under another name to change it.") % names)
