"""The admin of marketing."""

from marketing.admin import campaigns, emails, events, forms, scoring, segments, sends, texts  # noqa: F401
