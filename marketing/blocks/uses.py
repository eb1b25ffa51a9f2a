"""Which pictures and reusable blocks something holds: found in its JSON, kept as rows, so that “where used” is a query."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from marketing.models import ContentBlock, EmailDesign, MarketingEmail, MediaFile

PICTURE = re.compile(r"/m/([0-9a-f]{32})\.")


def keep_uses(thing: MarketingEmail | EmailDesign | ContentBlock) -> None:
    """Write down anew what `thing` holds. Call it where its blocks were written."""
    said: list[Any] = [thing.blocks]
    if isinstance(thing, MarketingEmail):
        said += [thing.html, *thing.translations.values_list("blocks", "html")]
    thing.media.set(pictures_in(said))
    if not isinstance(thing, ContentBlock):
        thing.content_blocks.set(ContentBlock.objects.filter(pk__in=set(_references(said))))


def pictures_in(said: Any) -> QuerySet[MediaFile]:
    """Those whose address stands anywhere in it."""
    return MediaFile.objects.filter(key__in=set(PICTURE.findall(json.dumps(said))))


def _references(node: Any) -> Iterator[int]:
    if isinstance(node, (list, tuple)):
        for one in node:
            yield from _references(one)
    elif isinstance(node, dict):
        if node.get("kind") == "content" and isinstance(node.get("content"), int):
            yield node["content"]
        yield from _references(node.get("columns", []))
