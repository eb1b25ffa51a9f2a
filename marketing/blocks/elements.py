"""Blocks -> MJML elements, in the look of a brand. Conditions stand around them as comments, which no table throws out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from django.conf import settings

from crm.delivery.leave_words import leave_words
from crm.rich_text import guard, unguard
from marketing.blocks.conditions import LISTS, list_name
from marketing.blocks.kinds import LAYOUTS
from marketing.blocks.looks import Look, pages_in
from marketing.blocks.markup import in_comments
from marketing.blocks.parsing import Block
from marketing.blocks.pictures import qr_path
from marketing.calendars import public_url, when_of, where_of

SIZES = {"1": ("h1", 26), "2": ("h2", 20), "3": ("h3", 17)}
TEXT_SIZES = {"small": 14, "normal": 16, "large": 19}


@dataclass(frozen=True)
class Painter:
    """Draws blocks in one look and language. `inset` is the room at both sides of a block, in pixels."""

    look: Look
    language: str = "en"
    inset: int = 24

    def section(self, block: Block, radius: str) -> str:
        """A section: its columns side by side, on phones under each other."""
        widths = LAYOUTS[block["layout"]]
        inner = Painter(self.look, self.language, 24 if len(widths) == 1 else 12)
        columns = "".join(
            f'<mj-column width="{width}%" vertical-align="top">{inner.blocks(column)}</mj-column>'
            for width, column in zip(widths, block.columns, strict=True)
        )
        if block["on_phones"] == "keep" and len(widths) > 1:
            columns = f"<mj-group>{columns}</mj-group>"
        own = block["background"]
        paint = own or self.look.paper
        name = "" if own else ' css-class="d-paper"'
        drawn = (
            f'<mj-section background-color="{paint}" border-radius="{radius}" padding="{block["space"]}px 8px"{name}>'
            f"{columns}</mj-section>"
        )
        return conditional(block, drawn)

    def blocks(self, blocks: Sequence[Block]) -> str:
        return "".join(conditional(block, self.block(block)) for block in blocks)

    def block(self, block: Block) -> str:
        draw = getattr(self, f"_{block.kind.name}", None)
        if draw is None:
            raise LookupError(f"Nobody draws a block of kind “{block.kind.name}”.")
        return str(draw(block))

    def _text_element(
        self, html: str, *, align: str = "left", size: int = 16, color: str = "", font: str = "", css: str = ""
    ) -> str:
        shade = f' color="{color}"' if color else f' css-class="{css or "d-text"}"'
        face = f' font-family="{escape(font)}"' if font else ""
        return (
            f'<mj-text align="{align}" font-size="{size}px" padding="8px {self.inset}px"{shade}{face}>{html}</mj-text>'
        )

    def _heading(self, block: Block) -> str:
        tag, size = SIZES[block["level"]]
        html = f"<{tag}>{plain(block['text'])}</{tag}>"
        return self._text_element(
            html, align=block["align"], size=size, color=block["color"], font=self.look.heading_font
        )

    def _text(self, block: Block) -> str:
        size = TEXT_SIZES[block["size"]]
        return self._text_element(block["html"], align=block["align"], size=size, color=block["color"])

    def _html(self, block: Block) -> str:
        guarded, tokens = guard(block["html"])
        marked = in_comments(guarded, lambda number: number < len(tokens) and tokens[number].startswith("{%"))
        return self._text_element(unguard(marked, tokens))

    def _image(self, block: Block) -> str:
        return self._picture(block["src"], block["alt"], block["width"], block["link"], block["align"])

    def _picture(self, src: str, alt: str, width: int, link: str = "", align: str = "center") -> str:
        if not src:
            return ""
        href = f' href="{attribute(link)}"' if link else ""
        return (
            f'<mj-image src="{attribute(absolute(src))}" alt="{attribute(alt)}" width="{width}px" align="{align}" '
            f'padding="8px {self.inset}px"{href} />'
        )

    def _button(self, block: Block) -> str:
        return self._push(block["label"], block["url"], block["align"], block["background"], block["color"])

    def _push(self, label: str, url: str, align: str = "left", paint: str = "", color: str = "") -> str:
        return (
            f'<mj-button href="{attribute(url)}" align="{align}" background-color="{paint or self.look.accent}" '
            f'color="{color or self.look.on_accent}" border-radius="{self.look.radius}px" font-size="16px" '
            f'font-weight="600" inner-padding="13px 26px" padding="12px {self.inset}px">{plain(label)}</mj-button>'
        )

    def _divider(self, block: Block) -> str:
        color = block["color"] or self.look.line
        return (
            f'<mj-divider border-color="{color}" border-width="{block["thickness"]}px" padding="12px {self.inset}px" />'
        )

    def _spacer(self, block: Block) -> str:
        return f'<mj-spacer height="{block["height"]}px" />'

    def _quotation(self, block: Block) -> str:
        said = "<br>".join(plain(line) for line in block["text"].splitlines())
        who = ", ".join(plain(block[name]) for name in ("author", "role") if block[name])
        by = f'<p style="font-size:14px">— {who}</p>' if who else ""
        mark = f"border-left:4px solid {self.look.accent};padding-left:16px"
        return self._text_element(f'<div style="{mark}"><p style="font-size:19px">“{said}”</p>{by}</div>')

    def _social(self, block: Block) -> str:
        pages = pages_in(block["pages"]) or list(self.look.pages)
        links = " &nbsp;·&nbsp; ".join(f'<a href="{attribute(url)}">{plain(name)}</a>' for name, url in pages)
        return self._text_element(f"<p>{links}</p>", align=block["align"], size=15) if links else ""

    def _video(self, block: Block) -> str:
        still = self._picture(block["src"], block["alt"], 600, block["url"])
        return still + (self._push(f"▶ {block['label']}", block["url"], "center") if block["label"] else "")

    def _qr(self, block: Block) -> str:
        if not block["text"]:
            return ""
        return self._picture(qr_path(block["text"]), block["alt"], block["width"], align=block["align"])

    def _event(self, block: Block) -> str:
        event = block.shown
        if event is None:
            return ""
        where = where_of(event, guest=False)
        summary = f"<p>{escape(event.summary)}</p>" if event.summary else ""
        facts = f"<p><strong>{escape(when_of(event, self.language))}</strong>{'<br>' + escape(where) if where else ''}</p>{summary}"
        title = self._text_element(f"<h2>{escape(event.title)}</h2>", size=20, font=self.look.heading_font)
        return title + self._text_element(facts) + self._push(block["label"], public_url(event))

    def _product(self, block: Block) -> str:
        card = block.shown
        if card is None:
            return ""
        url = block["url"] or card.url
        price = f"<p><strong>{escape(card.price)}</strong></p>" if card.price and block["price"] == "shown" else ""
        text = f"<p>{escape(card.text)}</p>" if card.text else ""
        picture = self._picture(block["src"] or card.image, card.title, 600, url)
        title = self._text_element(f"<h2>{escape(card.title)}</h2>", size=20, font=self.look.heading_font)
        facts = self._text_element(text + price) if text or price else ""
        return picture + title + facts + (self._push(block["label"], url) if url and block["label"] else "")

    def _list(self, block: Block) -> str:
        source = f"{LISTS}.{list_name(block['source'])}"
        row = (
            '<p><strong>{% if item.url != "" %}<a href="{{ item.url }}">{{ item.title }}</a>{% else %}{{ item.title }}'
            "{% endif %}</strong><br>{{ item.text }}{{ item.price }}</p>"
        )
        empty = f"{{% else %}}<p>{plain(block['empty'])}</p>" if block["empty"] else ""
        return self._text_element(f"{{% for item in {source} limit: {block['most']} %}}{row}{empty}{{% endfor %}}")

    def _content(self, block: Block) -> str:
        return self.blocks(block.shown or ())

    def _footer(self, block: Block) -> str:
        own = block["html"] or (
            "".join(f"<p>{escape(line)}</p>" for line in self.look.footer.splitlines() if line.strip())
        )
        pages = " &nbsp;·&nbsp; ".join(f'<a href="{attribute(url)}">{plain(name)}</a>' for name, url in self.look.pages)
        social = f"<p>{pages}</p>" if pages else ""
        unsubscribe, preferences = leave_words(self.language)
        leave = f'<a href="{{{{ unsubscribe_url }}}}">{unsubscribe}</a> · <a href="{{{{ preferences_url }}}}">{preferences}</a>'
        html = f"{own}{social}<p>{{{{ company.postal_address }}}}</p><p>{leave}</p>"
        return (
            f'<mj-text css-class="foot d-soft" align="center" color="{self.look.soft}" font-size="13px" '
            f'padding="8px {self.inset}px">{html}</mj-text>'
        )


def conditional(block: Block, drawn: str) -> str:
    """With the condition of the block around it, as comments: text between the rows of a table would be thrown out of it."""
    if block.when is None or not drawn:
        return drawn
    return f"<mj-raw><!--{block.when.opening}--></mj-raw>{drawn}<mj-raw><!--{{% endif %}}--></mj-raw>"


def absolute(src: str) -> str:
    return f"{settings.PUBLIC_URL}{src}" if src.startswith("/m/") else src


def plain(text: str) -> str:
    guarded, tokens = guard(text)
    return unguard(escape(guarded, quote=False), tokens)


def attribute(text: str) -> str:
    guarded, tokens = guard(text)
    return unguard(escape(guarded), tokens)
