"""Blocks -> MJML -> HTML with its styles inline, and the plain-text twin. Tokens pass through untouched.

What comes out is for old Outlook as much as for a browser: tables, `mso` conditionals, explicit widths, no flex, grid or
position, and it reads without its `<style>`, which some mail programs take away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import css_inline
from mjml import mjml2html

from crm.delivery.contents import Content
from crm.rich_text import guard, unguard
from marketing.blocks.conditions import asked
from marketing.blocks.elements import Painter, absolute, attribute, plain
from marketing.blocks.looks import Look, contrast
from marketing.blocks.parsing import Block, placed
from marketing.blocks.words import text_of

INLINER = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)
MARKS = re.compile(r"<!--\s*(xtokn\d+x)\s*-->")
DARK_PAPER, DARK_GROUND, DARK_INK, DARK_SOFT = "#1c212c", "#12151c", "#e8ebf2", "#a5aec0"


@dataclass(frozen=True)
class Head:
    """What an email has besides its blocks."""

    name: str
    subject: str
    preheader: str = ""
    language: str = "en"
    look: Look = field(default_factory=Look)


def compile_email(head: Head, blocks: Sequence[Block]) -> Content:
    """The content as delivery takes it: tokens still in it, links not yet tracked."""
    return Content(
        name=head.name,
        subject=head.subject,
        html=html_of(head, blocks),
        text=text_of(blocks, head.look, head.language),
        facts=asked(asks_of(blocks)),
        postal_address=head.look.postal_address,
        language=head.language,
    )


def html_of(head: Head, blocks: Sequence[Block]) -> str:
    guarded, tokens = guard(_mjml(head, blocks))
    html = INLINER.inline(mjml2html(guarded, disable_comments=False, fonts={}))
    return unguard(MARKS.sub(r"\1", html), [escape(token) for token in tokens])


def asks_of(blocks: Sequence[Block]) -> dict[str, Any]:
    """What must be asked about each reader: {"rules": {name: rule}, "lists": {name: at most}}; empty for most emails."""
    rules: dict[str, Any] = {}
    lists: dict[str, int] = {}
    for block in _everything(blocks):
        if block.when and block.when.rule:
            rules[block.when.name] = block.when.as_json()["rule"]
        if block.kind.name == "list":
            lists[block["source"]] = max(block["most"], lists.get(block["source"], 0))
    return {**({"rules": rules} if rules else {}), **({"lists": lists} if lists else {})}


def _everything(blocks: Sequence[Block]) -> Iterator[Block]:
    for _, block in placed(blocks):
        yield block
        if block.kind.name == "content" and block.shown:
            yield from block.shown


def _mjml(head: Head, blocks: Sequence[Block]) -> str:
    look = head.look
    preview = f"<mj-preview>{plain(head.preheader)}</mj-preview>" if head.preheader else ""
    return (
        f'<mjml lang="{escape(head.language)}"><mj-head><mj-title>{plain(head.subject)}</mj-title>{preview}'
        '<mj-raw><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"></mj-raw>'
        f'<mj-attributes><mj-all font-family="{look.font}" /><mj-text color="{look.ink}" font-size="16px" line-height="1.55" '
        f'padding="8px 24px" /><mj-image padding="8px 24px" /></mj-attributes>'
        f"<mj-style>{_styles(look)}</mj-style></mj-head>"
        f'<mj-body background-color="{look.ground}" width="640px" css-class="d-ground">'
        f"{_logo(look)}{''.join(_sections(head, blocks))}</mj-body></mjml>"
    )


def _styles(look: Look) -> str:
    accent = _on_dark(look.accent)
    return (
        "p { margin: 0 0 12px } ul, ol { margin: 0 0 12px; padding-left: 22px } "
        f"a {{ color: {look.accent} }} .foot a {{ color: {look.soft} }} "
        "h1, h2, h3 { margin: 0; font-size: inherit; font-weight: 700; line-height: 1.25 } "
        "@media (prefers-color-scheme: dark) { "
        f"body, .d-ground {{ background-color: {DARK_GROUND} !important }} "
        f".d-paper, .d-paper > table {{ background: {DARK_PAPER} !important; background-color: {DARK_PAPER} !important }} "
        f".d-paper .d-text > div {{ color: {DARK_INK} !important }} .d-paper .d-text a {{ color: {accent} !important }} "
        f".d-foot .d-soft > div, .d-foot .d-soft a, .d-paper .d-soft > div, .d-paper .d-soft a {{ color: {DARK_SOFT} !important }} }}"
    )


def _on_dark(colour: str) -> str:
    """The colour of links on dark paper: lightened until it can be read."""
    while contrast(colour, DARK_PAPER) < 4.5:
        parts = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
        colour = "#" + "".join(f"{min(255, part + (255 - part) // 8 + 4):02x}" for part in parts)
    return colour


def _logo(look: Look) -> str:
    if not look.logo:
        return '<mj-section padding="8px 0" />'
    href = f' href="{attribute(look.website)}"' if look.website else ""
    return (
        f'<mj-section padding="16px 8px 8px"><mj-column><mj-image src="{absolute(look.logo)}" '
        f'alt="{attribute(look.logo_alt)}" width="{look.logo_width}px" align="center"{href} /></mj-column></mj-section>'
    )


def _sections(head: Head, blocks: Sequence[Block]) -> Iterator[str]:
    """Sections as they stand; blocks between them as sections of one column; the footer on the ground, at the end."""
    painter = Painter(head.look, head.language)
    groups: list[Block | list[Block]] = []
    for block in blocks:
        if block.kind.name == "section":
            groups.append(block)
        elif block.kind.name != "footer":
            if not groups or isinstance(groups[-1], Block):
                groups.append([])
            groups[-1].append(block)  # type: ignore[union-attr]
    round_ = f"{head.look.radius + 2}px"
    for index, group in enumerate(groups):
        top = round_ if index == 0 else "0"
        bottom = round_ if index == len(groups) - 1 else "0"
        radius = f"{top} {top} {bottom} {bottom}"
        if isinstance(group, Block):
            yield painter.section(group, radius)
        elif inside := painter.blocks(group):
            yield (
                f'<mj-section css-class="d-paper" background-color="{head.look.paper}" border-radius="{radius}" '
                f'padding="20px 8px"><mj-column>{inside}</mj-column></mj-section>'
            )
    if feet := painter.blocks([block for block in blocks if block.kind.name == "footer"]):
        yield f'<mj-section css-class="d-foot" padding="12px 8px"><mj-column>{feet}</mj-column></mj-section>'
