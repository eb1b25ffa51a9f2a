"""The things of marketing by name, newest first, for the selects of editors."""

from typing import Any

from django.db.models import QuerySet

from marketing.models import Event, Form, MarketingEmail, TextMessage

MOST = 200


def emails() -> list[tuple[int, str]]:
    return list(MarketingEmail.objects.alive().order_by("-pk").values_list("pk", "name")[:MOST])


def emails_of(user: Any) -> QuerySet[MarketingEmail]:
    return MarketingEmail.objects.alive().visible_to(user)


def texts_of(user: Any) -> QuerySet[TextMessage]:
    return TextMessage.objects.alive().visible_to(user)


def texts() -> list[tuple[int, str]]:
    return list(TextMessage.objects.alive().order_by("-pk").values_list("pk", "name")[:MOST])


def forms() -> list[tuple[int, str]]:
    return list(Form.objects.alive().order_by("-pk").values_list("pk", "name")[:MOST])


def events() -> list[tuple[int, str]]:
    return list(Event.objects.alive().order_by("-pk").values_list("pk", "title")[:MOST])
