"""The admin of marketing."""

from marketing.admin import (  # noqa: F401
    brands,
    campaigns,
    emails,
    events,
    forms,
    kept,
    media,
    scoring,
    segments,
    sends,
    texts,
)
