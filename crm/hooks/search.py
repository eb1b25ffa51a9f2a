"""Offer records to the search: how a found one is shown. By which words it is found, its `Indexed` says (crm/search)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crm.hooks.registry import Registry, Text


def own_page(record: Any) -> str:
    return record.get_absolute_url()


@dataclass(frozen=True)
class SearchSource:
    """Records of the model `kind` (“sales.lead”), whose grant `view` decides who is shown any.

    `sentence(record)` is the grey text beside the title, `related` what it reads over foreign keys, `url(record)` the
    page of the record. `icon` is of the sprite.
    """

    kind: str
    label: Text
    icon: str
    sentence: Callable[[Any], str]
    related: tuple[str, ...] = ()
    order: int = 50
    url: Callable[[Any], str] = own_page


_sources: Registry[SearchSource] = Registry("search source")


def register(source: SearchSource) -> None:
    _sources.register(source.kind, source)


def sources() -> list[SearchSource]:
    return sorted(_sources.values(), key=lambda s: s.order)
