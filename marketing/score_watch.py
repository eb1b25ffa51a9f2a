"""Who watches which numbers of points: what crosses one of them upwards is told to the log (“score.crossed”).

    score_watch.register("journeys", of_model)

in wiring; `of_model(model)` answers the numbers of points that somebody waits for now.
"""

from collections.abc import Callable

from crm.hooks.registry import Registry

Thresholds = Callable[[int], set[int]]
_watchers: Registry[Thresholds] = Registry("watcher of scores")


def register(name: str, thresholds: Thresholds) -> None:
    _watchers.register(name, thresholds)


def thresholds_of(model: int) -> set[int]:
    return set().union(*(thresholds(model) for thresholds in _watchers.values()))
