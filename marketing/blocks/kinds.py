"""The kinds of block that an email is made of, and their fields. The designer, the API and the compiler read this list."""

from __future__ import annotations

from marketing.blocks.fields import ALIGN, BlockField, BlockKind

LAYOUTS: dict[str, tuple[int, ...]] = {
    "1": (100,),
    "1-1": (50, 50),
    "1-2": (33, 67),
    "2-1": (67, 33),
    "1-1-1": (33, 34, 33),
    "1-1-1-1": (25, 25, 25, 25),
}
"""The widths of a section's columns in per cent, by the name of its layout."""

_LAYOUT_WORDS = (
    ("1", "One column"),
    ("1-1", "Two columns"),
    ("1-2", "Two: narrow, wide"),
    ("2-1", "Two: wide, narrow"),
    ("1-1-1", "Three columns"),
    ("1-1-1-1", "Four columns"),
)
_align = BlockField("align", "Align", "choice", "left", ALIGN)
_centred = BlockField("align", "Align", "choice", "center", ALIGN)

SECTION = BlockKind(
    "section",
    "Section",
    "layout-columns",
    (
        BlockField("layout", "Columns", "choice", "1", _LAYOUT_WORDS),
        BlockField("background", "Background", "colour", help="Empty: the paper of the brand."),
        BlockField("space", "Space above and below", "number", 16, low=0, high=80),
        BlockField(
            "on_phones", "On phones", "choice", "stack",
            (("stack", "Columns one under the other"), ("keep", "Columns stay side by side")),
        ),
    ),
    "Layout",
)  # fmt: skip

_KINDS = (
    SECTION,
    BlockKind(
        "heading",
        "Heading",
        "heading",
        (
            BlockField("text", "Text", default="A heading that says it", takes_tokens=True),
            BlockField("level", "Size", "choice", "1", (("1", "Large"), ("2", "Medium"), ("3", "Small"))),
            _align,
            BlockField("color", "Colour", "colour"),
        ),
    ),
    BlockKind(
        "text",
        "Text",
        "align-left",
        (
            BlockField("html", "Text", "rich", '<p>Hello {{ contact.first_name | default: "there" }},</p>'),
            _align,
            BlockField(
                "size", "Size", "choice", "normal", (("small", "Small"), ("normal", "Normal"), ("large", "Large"))
            ),
            BlockField("color", "Colour", "colour"),
        ),
    ),
    BlockKind(
        "image",
        "Image",
        "photo",
        (
            BlockField("src", "Image", "picture", help="From the library, or an address that begins with https://"),
            BlockField("alt", "Said instead, where images are off", help="What is to be seen, in a few words."),
            BlockField("link", "Leads to", "url", help="Empty: nowhere.", takes_tokens=True),
            BlockField("width", "Width in pixels", "number", 600, low=20, high=640),
            _centred,
        ),
    ),
    BlockKind(
        "button",
        "Button",
        "square-rounded-plus",
        (
            BlockField("label", "Text", default="Find out more", takes_tokens=True),
            BlockField("url", "Leads to", "url", takes_tokens=True),
            _centred,
            BlockField("background", "Colour", "colour"),
            BlockField("color", "Colour of the text", "colour"),
        ),
    ),
    BlockKind(
        "divider",
        "Line",
        "minus",
        (
            BlockField("color", "Colour", "colour"),
            BlockField("thickness", "Thickness in pixels", "number", 1, low=1, high=12),
        ),
    ),
    BlockKind(
        "spacer",
        "Space",
        "arrows-vertical",
        (BlockField("height", "Height in pixels", "number", 24, low=4, high=200),),
    ),
    BlockKind(
        "quotation",
        "Quotation",
        "quote",
        (
            BlockField("text", "What was said", "lines", "It paid for itself within a month.", takes_tokens=True),
            BlockField("author", "By whom", default="Asha Rao"),
            BlockField("role", "Who that is", default="Head of Fleet, Northwind"),
        ),
    ),
    BlockKind(
        "social",
        "Social",
        "share",
        (
            BlockField(
                "pages", "Pages", "lines",
                help="One a line: LinkedIn https://www.linkedin.com/company/… Empty: those of the brand.",
            ),
            _centred,
        ),
    ),
    BlockKind(
        "video",
        "Video",
        "video",
        (
            BlockField("url", "Address of the video", "url", help="No mail plays a video: a click opens it."),
            BlockField("src", "Still picture", "picture", help="Empty: a button alone."),
            BlockField("alt", "What the video shows", help="Said where images are off."),
            BlockField("label", "Text of the button", default="Watch the video"),
        ),
    ),
    BlockKind(
        "qr",
        "QR code",
        "qrcode",
        (
            BlockField("text", "Address or text in it", help="The same for every reader."),
            BlockField("width", "Width in pixels", "number", 160, low=80, high=400),
            BlockField("alt", "Said instead", default="QR code"),
            _centred,
        ),
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
        "product",
        "Product",
        "box",
        (
            BlockField("product", "Product", "embed", None),
            BlockField("src", "Picture", "picture"),
            BlockField("url", "Leads to", "url", takes_tokens=True),
            BlockField("label", "Text of the button", default="Have a look"),
            BlockField(
                "price", "Price", "choice", "shown", (("shown", "Shown, as in the price list"), ("hidden", "Not shown"))
            ),
        ),
    ),
    BlockKind(
        "list",
        "List",
        "list",
        (
            BlockField("source", "What it lists", "list", "marketing.registrations"),
            BlockField("most", "At most", "number", 5, low=1, high=20),
            BlockField("empty", "Said where there is nothing", default="", takes_tokens=True, help="Empty: nothing is said."),
        ),
    ),
    BlockKind(
        "html",
        "HTML",
        "code",
        (
            BlockField(
                "html", "HTML", "html", "<p>…</p>",
                help="Scripts, forms and frames are taken out. Styles belong into style=“…”.",
            ),
        ),
    ),
    BlockKind(
        "content",
        "Reusable block",
        "components",
        (BlockField("content", "Which", "content", None, help="By reference: it follows every change of that block."),),
        "Layout",
    ),
    BlockKind(
        "footer",
        "Footer",
        "layout-bottombar",
        (
            BlockField(
                "html", "Text", "rich",
                help="Your postal address and the links to unsubscribe and to the preferences follow by themselves.",
            ),
        ),
        "Layout",
    ),
)  # fmt: skip
KINDS: dict[str, BlockKind] = {kind.name: kind for kind in _KINDS}

TOKENS: tuple[tuple[str, str, str], ...] = (
    ("First name", "contact.first_name", "there"),
    ("Last name", "contact.last_name", ""),
    ("Full name", "contact.full_name", ""),
    ("Company", "contact.account", "your company"),
    ("Job title", "contact.job_title", ""),
    ("City", "contact.city", ""),
    ("Country", "contact.country", ""),
    ("Email address", "contact.email", ""),
    ("Owner’s name", "owner.name", "Your team"),
    ("Owner’s email", "owner.email", ""),
    ("Sender’s name", "sender.name", ""),
    ("Our company", "company.name", ""),
    ("Our postal address", "company.postal_address", ""),
    ("Link to unsubscribe", "unsubscribe_url", ""),
    ("Link to the preferences", "preferences_url", ""),
)
"""What the picker offers to insert: (label, name, default to begin with)."""


def token(name: str, default: str = "") -> str:
    """“{{ contact.first_name | default: "there" }}”."""
    return f'{{{{ {name} | default: "{default}" }}}}' if default else f"{{{{ {name} }}}}"


TOKEN_TEXTS: tuple[tuple[str, str], ...] = tuple((label, token(name, default)) for label, name, default in TOKENS)
"""(label, token) as editors of plain text insert it."""
