"""Doors for the queue: the search for duplicates, and what follows a merge."""

from django.utils import timezone

from crm.actions import duplicate_search


def search_duplicates(pk: int) -> None:
    duplicate_search.work_on_search(pk)


def go_on_searching() -> None:
    """What the sweep found: a search whose worker died, or whose nudge was lost."""
    for pk in duplicate_search.waiting_searches(timezone.now()):
        duplicate_search.work_on_search(pk)


def begin_nightly_search() -> None:
    duplicate_search.begin_nightly_search(timezone.now())
