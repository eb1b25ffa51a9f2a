"""What the shell needs on every page: the doors this person may open, the unread, the menu of their own."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from crm.hooks.navigation import Door, doors
from crm.models import Notification

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class OpenDoor:
    """A door that this person may open, with its address."""

    label: str
    icon: str
    address: str
    area: str = ""
    name: str = ""


@dataclass(frozen=True)
class Area:
    name: str
    label: str
    doors: list[OpenDoor]


class Shell:
    """Computed when a template asks, so that a fragment does not pay for the menu."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user: Any = getattr(request, "user", None)

    @cached_property
    def open_doors(self) -> list[OpenDoor]:
        if self.user is None or not self.user.is_authenticated:
            return []
        return [opened for door in doors() if (opened := self._opened(door))]

    def _opened(self, door: Door) -> OpenDoor | None:
        """A page of the admin is open only to those whose role opens the admin at all."""
        if door.permission and not self.user.may(*door.permission):
            return None
        try:
            address = reverse(door.url)
        except NoReverseMatch:
            log.error("The door “%s” leads to “%s”, which is no page.", door.name, door.url)
            return None
        if address.startswith("/admin/") and not self.user.is_staff:
            return None
        return OpenDoor(str(door.label), door.icon, address, door.area, door.name)

    @cached_property
    def areas(self) -> list[Area]:
        labels = {"sales": _("Sales"), "marketing": _("Marketing"), "setup": _("Set-up")}
        found = [
            Area(name, label, [door for door in self.open_doors if door.area == name]) for name, label in labels.items()
        ]
        return [area for area in found if area.doors]

    @cached_property
    def new(self) -> list[OpenDoor]:
        return [door for door in self.open_doors if door.area == "new"]

    @cached_property
    def mine(self) -> list[OpenDoor]:
        links = [
            OpenDoor(_("Profile"), "user-circle", reverse("crm:profile")),
            OpenDoor(_("Following"), "star", reverse("crm:following")),
            OpenDoor(_("Notifications"), "bell-cog", reverse("crm:notification-settings")),
            OpenDoor(_("Filing mails"), "mail-down", reverse("crm:filing")),
            OpenDoor(_("Second factor"), "shield-lock", reverse("mfa_index")),
            OpenDoor(_("Where I am signed in"), "devices", reverse("usersessions_list")),
        ]
        links += [door for door in self.open_doors if door.area == "mine"]
        if self.user.may("crm.apitoken", "view"):
            links.append(OpenDoor(_("API tokens"), "key", reverse("crm:tokens")))
        if self.user.may("crm.bulkrun", "view"):
            links.append(OpenDoor(_("Bulk work"), "list-check", reverse("crm:bulk-runs")))
        if self.user.may("crm.deletion", "view"):
            links.append(OpenDoor(_("Bin"), "trash", reverse("crm:bin")))
        return links

    @cached_property
    def current(self) -> str:
        """The address of the menu entry that this page belongs to: the longest one above it."""
        path = self.request.path
        above = [d.address for d in self.open_doors if d.area != "new" and _is_above(d.address, path)]
        return max(above, key=len, default="")

    @cached_property
    def unread(self) -> int:
        if self.user is None or not self.user.is_authenticated:
            return 0
        return Notification.objects.filter(user=self.user, read_at=None)[:100].count()


def _is_above(address: str, path: str) -> bool:
    return path == address or (address not in ("/", "/admin/") and path.startswith(address))


def shell(request: HttpRequest) -> dict[str, Any]:
    return {"shell": Shell(request)}
