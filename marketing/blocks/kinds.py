"""The kinds of block that an email is made of, and their fields. The designer, the API and the compiler read this list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ALIGN = (("left", "Left"), ("center", "Centre"), ("right", "Right"))


@dataclass(frozen=True)
class BlockField:
    """`kind` is text, rich (a few HTML tags), url, choice, number, colour or event: it picks the control and the test."""

    name: str
    label: str
    kind: str = "text"
    default: Any = ""
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""
    low: int = 0
    high: int = 0


@dataclass(frozen=True)
class BlockKind:
    name: str
    label: str
    icon: str
    fields: tuple[BlockField, ...] = field(default=())

    def defaults(self) -> dict[str, Any]:
        return {one.name: one.default for one in self.fields}


KINDS: dict[str, BlockKind] = {
    kind.name: kind
    for kind in (
        BlockKind(
            "heading",
            "Heading",
            "heading",
            (
                BlockField("text", "Text", default="A heading that says it"),
                BlockField("level", "Size", "choice", "1", (("1", "Large"), ("2", "Medium"), ("3", "Small"))),
                BlockField("align", "Align", "choice", "left", ALIGN),
            ),
        ),
        BlockKind(
            "text",
            "Text",
            "align-left",
            (
                BlockField("html", "Text", "rich", '<p>Hello {{ contact.first_name | default: "there" }},</p>'),
                BlockField("align", "Align", "choice", "left", ALIGN),
            ),
        ),
        BlockKind(
            "image",
            "Image",
            "photo",
            (
                BlockField("src", "Address of the image", "url", help="It begins with https://"),
                BlockField("alt", "Said instead, where images are off", help="What is to be seen, in a few words."),
                BlockField("link", "Leads to", "url", help="Empty: nowhere."),
                BlockField("width", "Width in pixels", "number", 600, low=20, high=600),
            ),
        ),
        BlockKind(
            "button",
            "Button",
            "square-rounded-plus",
            (
                BlockField("label", "Text", default="Find out more"),
                BlockField("url", "Leads to", "url"),
                BlockField("align", "Align", "choice", "center", ALIGN),
            ),
        ),
        BlockKind("divider", "Line", "minus"),
        BlockKind(
            "spacer",
            "Space",
            "arrows-vertical",
            (BlockField("height", "Height in pixels", "number", 24, low=4, high=200),),
        ),
        BlockKind(
            "event",
            "Event",
            "calendar-event",
            (
                BlockField("event", "Event", "event", None),
                BlockField("label", "Text of the button", default="Save my seat"),
            ),
        ),
        BlockKind(
            "footer",
            "Footer",
            "layout-bottombar",
            (
                BlockField(
                    "html",
                    "Text",
                    "rich",
                    "",
                    help="Your postal address and the links to unsubscribe and to the preferences follow by themselves.",
                ),
            ),
        ),
    )
}

TOKENS: tuple[tuple[str, str], ...] = (
    ("First name", '{{ contact.first_name | default: "there" }}'),
    ("Last name", "{{ contact.last_name }}"),
    ("Full name", "{{ contact.full_name }}"),
    ("Company", '{{ contact.account | default: "your company" }}'),
    ("Job title", "{{ contact.job_title }}"),
    ("City", "{{ contact.city }}"),
    ("Owner’s name", '{{ owner.name | default: "Your team" }}'),
    ("Owner’s email", "{{ owner.email }}"),
    ("Our company", "{{ company.name }}"),
)
"""What the designer offers to insert: (label, token)."""
