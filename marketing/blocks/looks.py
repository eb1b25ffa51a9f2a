"""How an email looks: the values of its brand, or of the default one, or of Tandem where there is none."""

from __future__ import annotations

import re
from dataclasses import dataclass

from marketing.models import Brand

FONTS = {
    "system": "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
    "arial": "Arial, Helvetica, sans-serif",
    "verdana": "Verdana, Geneva, sans-serif",
    "trebuchet": "'Trebuchet MS', Tahoma, sans-serif",
    "georgia": "Georgia, 'Times New Roman', serif",
    "times": "'Times New Roman', Times, serif",
    "courier": "'Courier New', Courier, monospace",
}
PAGE = re.compile(r"^\s*(?P<name>.*?)\s*(?P<url>https?://\S+)\s*$")


@dataclass(frozen=True)
class Look:
    """Colours as #rrggbb, fonts as CSS lists, widths in pixels. `pages` are (name, address) of the brand's social pages."""

    accent: str = "#3b55c9"
    on_accent: str = "#ffffff"
    ink: str = "#1b2230"
    soft: str = "#566074"
    paper: str = "#ffffff"
    ground: str = "#f2f4f8"
    line: str = "#e1e5ec"
    font: str = FONTS["system"]
    heading_font: str = FONTS["system"]
    radius: int = 8
    logo: str = ""
    logo_alt: str = ""
    logo_width: int = 140
    website: str = ""
    postal_address: str = ""
    footer: str = ""
    pages: tuple[tuple[str, str], ...] = ()


def look_of(brand: Brand | None) -> Look:
    """Of this brand, of the default one, or Tandem's own."""
    if brand is None or brand.deleted_at:
        brand = Brand.objects.alive().filter(is_default=True).select_related("logo").first()
    if brand is None:
        return Look()
    logo = brand.logo
    return Look(
        accent=brand.accent, on_accent=brand.on_accent, ink=brand.ink, soft=brand.soft, paper=brand.paper,
        ground=brand.ground, line=brand.line, font=FONTS[brand.font], heading_font=FONTS[brand.heading_font],
        radius=brand.radius, logo=logo.path if logo else "", logo_alt=(logo.alt or brand.name) if logo else "",
        logo_width=brand.logo_width, website=brand.website, postal_address=brand.postal_address, footer=brand.footer,
        pages=tuple(pages_in(brand.social)),
    )  # fmt: skip


def pages_in(text: str) -> list[tuple[str, str]]:
    """“LinkedIn https://…” a line → (name, address); a line without an address is left out."""
    found = [match for line in text.splitlines() if (match := PAGE.match(line))]
    return [(match["name"] or match["url"], match["url"]) for match in found]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, 1.4.3: from 1 (the same) to 21 (black on white)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
