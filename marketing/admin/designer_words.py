"""What the designer's script must know: the kinds of block, what can be chosen, the tokens, the look."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.urls import reverse

from crm.access import may
from crm.delivery.purposes import is_free
from crm.hooks import embeds
from marketing.blocks.conditions import OPERATORS
from marketing.blocks.kinds import KINDS, LAYOUTS, TOKENS
from marketing.blocks.looks import look_of
from marketing.blocks.wants import DATA, mentions
from marketing.models import ContentBlock, Event, EventStatus, MarketingEmail

MOST = 200


def schema_for(user: Any, email: MarketingEmail, *, is_part: bool = False) -> dict[str, Any]:
    events = Event.objects.visible_to(user).exclude(status__in=[EventStatus.DONE, EventStatus.CANCELLED])
    contents = ContentBlock.objects.visible_to(user).order_by("name")
    embed = embeds.get("product")
    out = {"section", "content", "footer"} if is_part else set()
    if embed is None:
        out.add("product")
    look = look_of(email.brand)
    return {
        "kinds": {
            kind.name: {
                "label": kind.label, "icon": kind.icon, "group": kind.group, "defaults": kind.defaults(),
                "fields": [asdict(one) for one in kind.fields],
            }
            for kind in KINDS.values()
            if kind.name not in out
        },
        "layouts": LAYOUTS,
        "tokens": [*TOKENS, *_values(email, is_part=is_part)],
        "operators": [*OPERATORS.items()],
        "look": asdict(look),
        "events": [[event.pk, f"{event} ({event.get_status_display().lower()})"] for event in events[:100]],
        "products": list(embed.find(user, "")) if embed else [],
        "lists": [[listing.name, str(listing.label)] for listing in embeds.listings()],
        "contents": [] if is_part else [[one.pk, one.name, one.blocks] for one in contents[:MOST]],
        "is_part": is_part,
        "may_keep": may(user, "marketing.contentblock", "add"),
        "media": reverse("admin:marketing_mediafile_pick"),
        "upload": reverse("admin:marketing_mediafile_upload"),
        "keep": reverse("admin:marketing_contentblock_keep"),
        "keep_design": reverse("admin:marketing_emaildesign_keep"),
    }  # fmt: skip


def _values(email: MarketingEmail, *, is_part: bool) -> list[tuple[str, str, str]]:
    """Those that a program gives: the ones that stand in the email already, and one to be named. Only where one may give some."""
    if not is_part and not is_free(email.purpose):
        return []
    said = json.dumps([email.subject, email.preheader, email.blocks, email.html], ensure_ascii=False)
    return [
        *((f"By API: {name}", name, "") for name in mentions(said) if name != DATA),
        ("A value by API…", f"{DATA}.", ""),
    ]
