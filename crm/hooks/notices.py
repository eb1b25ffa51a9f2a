"""Offer a kind of notification: what people can choose to be told, and how, under Settings › Notifications."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.hooks.registry import Registry, Text


class Way(models.TextChoices):
    """How somebody is told: not at all, under the bell (and in the digest), or by a mail at once as well."""

    OFF = "off", _("Not at all")
    BELL = "bell", _("Under the bell")
    MAIL = "mail", _("Bell and mail at once")


@dataclass(frozen=True)
class Notice:
    """`way` is how people are told who have chosen nothing."""

    name: str
    label: Text
    way: Way = Way.BELL
    order: int = 50


_notices: Registry[Notice] = Registry("kind of notification")


def declare(name: str, label: Text, way: Way = Way.BELL, order: int = 50) -> None:
    _notices.register(name, Notice(name, label, way, order))


def get(name: str) -> Notice:
    return _notices.get(name)


def all_notices() -> list[Notice]:
    return sorted(_notices.values(), key=lambda notice: notice.order)
