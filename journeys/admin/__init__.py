"""Journeys under /admin/: the list and its pages."""

from journeys.admin import journeys  # noqa: F401
