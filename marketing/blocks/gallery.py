"""The designs that come with Tandem: what a new email begins with, in the look of your brand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Blocks = list[dict[str, Any]]
HELLO = '<p>Hello {{ contact.first_name | default: "there" }},</p>'


@dataclass(frozen=True)
class Shipped:
    name: str
    label: str
    description: str
    subject: str
    preheader: str
    blocks: Blocks


def _heading(text: str, level: str = "1", **more: Any) -> dict[str, Any]:
    return {"kind": "heading", "text": text, "level": level, **more}


def _text(html: str, **more: Any) -> dict[str, Any]:
    return {"kind": "text", "html": html, **more}


def _button(label: str, align: str = "left") -> dict[str, Any]:
    return {"kind": "button", "label": label, "url": "https://", "align": align}


def _section(layout: str, *columns: Blocks, **more: Any) -> dict[str, Any]:
    return {"kind": "section", "layout": layout, "columns": list(columns), **more}


FOOT: dict[str, Any] = {"kind": "footer"}
_NEWS = "<p>Two or three sentences: what happened, and why it matters to the reader.</p>"

GALLERY: dict[str, Shipped] = {
    one.name: one
    for one in (
        Shipped(
            "letter", "Letter", "A few words from a person to a person.",
            "A question, {{ contact.first_name | default: \"if I may\" }}", "",
            [
                _text(f"{HELLO}<p>Say in two sentences why you write.</p><p>Say what you would like the reader to do.</p>"),
                _text('<p>Best regards,<br>{{ owner.name | default: "Your team" }}</p>'),
                FOOT,
            ],
        ),
        Shipped(
            "newsletter", "Newsletter", "One story above, two beside each other, and what is coming.",
            "What is new this month", "Three things worth two minutes of your time.",
            [
                _section("1", [
                    _heading("What is new this month"),
                    _text(f"{HELLO}<p>The story that most readers should not miss, told in three sentences.</p>", size="large"),
                    _button("Read the story"),
                ], space=24),
                _section("1-1",
                    [_heading("A second story", "2"), _text(_NEWS), _button("Read on")],
                    [_heading("A third story", "2"), _text(_NEWS), _button("Read on")],
                ),
                _section("1", [
                    {"kind": "divider"}, _heading("Coming up", "3"),
                    {"kind": "list", "empty": "Nothing is in your calendar with us yet."},
                ]),
                FOOT,
            ],
        ),
        Shipped(
            "announcement", "Announcement", "One piece of news, one button.",
            "It is here", "And this is what it does for you.",
            [
                _section("1", [
                    _heading("It is here", color="#ffffff", align="center"),
                    _text("<p>One sentence that says what is new.</p>", align="center", size="large", color="#ffffff"),
                ], background="#1b2a5e", space=36),
                _section("1", [
                    _text(f"{HELLO}<p>What it does, in plain words.</p>"
                          "<ul><li>The first thing it makes easier</li><li>The second</li><li>The third</li></ul>"),
                    _button("Have a look", "center"),
                ], space=24),
                FOOT,
            ],
        ),
        Shipped(
            "invitation", "Invitation", "An event with its time and place, and why it is worth coming.",
            "{{ contact.first_name | default: \"Hello\" }}, a seat is kept for you", "Forty minutes, live. Bring your questions.",
            [
                _heading("You are invited"),
                _text(f"{HELLO}<p>Say who speaks and what the reader takes home.</p>"),
                {"kind": "event"},
                {"kind": "quotation"},
                FOOT,
            ],
        ),
        Shipped(
            "welcome", "Welcome", "The first mail to somebody new: three steps to begin.",
            "Welcome, {{ contact.first_name | default: \"good to have you\" }}", "Three steps, five minutes.",
            [
                _section("1", [_heading("Welcome on board", align="center"), _text("<p>Three steps, and you are set.</p>", align="center")], space=28),
                _section("1-1-1",
                    [_heading("1. First", "3"), _text("<p>What to do first.</p>")],
                    [_heading("2. Then", "3"), _text("<p>What comes next.</p>")],
                    [_heading("3. Done", "3"), _text("<p>And what it leads to.</p>")],
                ),
                _section("1", [
                    _button("Begin", "center"),
                    _text('<p>Questions? Answer this mail: {{ owner.name | default: "our team" }} reads it.</p>', align="center", size="small"),
                ]),
                FOOT,
            ],
        ),
        Shipped(
            "offer", "Offer", "A product with its price, what it is good for, and what a customer says.",
            "Something for {{ contact.account | default: \"you\" }}", "",
            [
                _heading("Made for what you do every day"),
                _text(f"{HELLO}<p>Say which worry it takes away.</p>"),
                {"kind": "product"},
                {"kind": "quotation"},
                FOOT,
            ],
        ),
        Shipped(
            "thanks", "Thank you", "After an event or a purchase: thanks, a recording, a next step.",
            "Thank you for being there", "The recording, and what comes next.",
            [
                _heading("Thank you for being there"),
                _text(f"{HELLO}<p>It was good to have you. The recording is below; forward it to whoever could not come.</p>"),
                {"kind": "video"},
                _section("1-1",
                    [_heading("Read it again", "3"), _text("<p>Slides and notes, in one place.</p>"), _button("Slides and notes")],
                    [_heading("Go a step further", "3"), _text("<p>Talk to somebody who knows your trade.</p>"), _button("Find a time")],
                ),
                FOOT,
            ],
        ),
    )
}  # fmt: skip
