"""The kinds of interaction, declared at start-up, so that editors list them with labels and a typo fails at once."""

from dataclasses import dataclass

from crm.hooks.registry import Registry


@dataclass(frozen=True)
class Kind:
    """`name` is thing.past_tense. `icon` is a name of the icon sprite; `group` gathers kinds in editors.

    `is_behaviour`: something the person did, offered to segments, scores and waits; else something that we did.
    `is_news`: those who follow the record are told.
    """

    name: str
    label: str
    icon: str
    group: str
    is_behaviour: bool = True
    is_news: bool = False


_kinds: Registry[Kind] = Registry("kind of interaction")


def declare(name: str, label: str, *, icon: str, group: str, is_behaviour: bool = True, is_news: bool = False) -> None:
    _kinds.register(name, Kind(name, label, icon, group, is_behaviour, is_news))


def get(name: str) -> Kind:
    """Raises LookupError where the kind was never declared."""
    return _kinds.get(name)


def known(name: str) -> bool:
    return name in _kinds


def news() -> list[str]:
    """The kinds that followers are told of."""
    return [kind.name for kind in _kinds.values() if kind.is_news]


def all_kinds() -> list[Kind]:
    return _kinds.values()
