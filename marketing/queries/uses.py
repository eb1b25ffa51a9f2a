"""Where a picture, a reusable block or a brand stands, among what one may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marketing.models import Brand, ContentBlock, EmailDesign, MarketingEmail, MediaFile

MOST = 100


@dataclass(frozen=True)
class Use:
    """`kind` is the label of its model, “marketing.marketingemail”."""

    kind: str
    id: int
    name: str


def uses_of(thing: Brand | ContentBlock | MediaFile, user: Any) -> list[Use]:
    """At most a hundred of each kind; one query a kind."""
    found: list[Use] = []
    for rows in _rows(thing):
        label = rows.model._meta.label_lower
        seen = rows.visible_to(user).order_by("name", "pk").values_list("pk", "name")[:MOST]
        found += [Use(label, pk, name) for pk, name in seen]
    return found


def _rows(thing: Any) -> list[Any]:
    match thing:
        case MediaFile():
            return [thing.emails.all(), thing.content_blocks.all(), thing.designs.all(), thing.brands.all()]
        case ContentBlock():
            return [thing.emails.all(), thing.designs.all()]
    return [MarketingEmail.objects.filter(brand=thing), EmailDesign.objects.filter(brand=thing)]
