"""Is one variant really better, or was it luck? Stated tests, their assumptions, and what would be needed to tell.

Shares: the two-proportion z-test with pooled variance (NIST/SEMATECH e-Handbook of Statistical Methods, 7.3.3). Revenue: the
difference of means over its standard error, each variant with its own variance (Welch), normal for the numbers a send has.
Because the best one is picked by looking, all pairs count as comparisons, corrected by Holm's step-down method (S. Holm, A
Simple Sequentially Rejective Multiple Test Procedure, Scand. J. Statist. 6, 1979). People needed: the usual formula for two
proportions at a power of 80 % (J. L. Fleiss, Statistical Methods for Rates and Proportions, ch. 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil, sqrt
from statistics import NormalDist

POWER = 0.8
FEWEST = 5
"""Of hits, and of misses, that a variant must be expected to have: below, the normal curve is no picture of it."""
FEWEST_PEOPLE = 30
NORMAL = NormalDist()


@dataclass(frozen=True)
class Sample:
    """`people` who were reached, `hits` among them; for revenue `mean` and `variance` a person, in the base currency."""

    letter: str
    people: int
    hits: int = 0
    mean: float = 0.0
    variance: float = 0.0

    @property
    def share(self) -> float:
        return self.hits / self.people if self.people else 0.0


@dataclass(frozen=True)
class Verdict:
    """`best` leads; `is_decided` where that is no luck. `p_values` are corrected: the best against each other one."""

    best: str
    is_decided: bool
    p_values: dict[str, float]
    needed: int | None = None
    problem: str = ""


def judge_shares(samples: Sequence[Sample], confidence: float) -> Verdict:
    """Of hits among people. `confidence` is 0.95 for 95 %."""
    if problem := _too_few(samples):
        return Verdict("", False, {}, problem=problem)
    ordered = sorted(samples, key=lambda one: (-one.share, one.letter))
    p_values = {(a.letter, b.letter): two_proportions(a, b) for a, b in combinations(samples, 2)}
    needed = people_needed(ordered[0].share, ordered[1].share, confidence)
    return _verdict(ordered, p_values, confidence, needed)


def judge_means(samples: Sequence[Sample], confidence: float) -> Verdict:
    """Of a value a person."""
    if any(one.people < FEWEST_PEOPLE for one in samples):
        return Verdict("", False, {}, problem=f"Each variant needs {FEWEST_PEOPLE} people at the least.")
    if all(one.mean == 0 for one in samples):
        return Verdict("", False, {}, problem="Nothing was earned yet.")
    ordered = sorted(samples, key=lambda one: (-one.mean, one.letter))
    p_values = {(a.letter, b.letter): two_means(a, b) for a, b in combinations(samples, 2)}
    first, second = ordered[:2]
    gap = first.mean - second.mean
    spread = (_z(1 - (1 - confidence) / 2) + _z(POWER)) ** 2 * (first.variance + second.variance)
    return _verdict(ordered, p_values, confidence, ceil(spread / gap**2) if gap else None)


def in_words(verdict: Verdict, many: int, confidence: int) -> str:
    """What it says of so many variants, for a person, with the test that says so. `confidence` in percent."""
    if verdict.problem:
        return f"Not decided: {verdict.problem}"
    nearest = max(verdict.p_values.values())
    test = f"two-sided z-test, Holm’s correction for all pairs of {many} variants"
    if verdict.is_decided:
        return f"{verdict.best} is better than every other; so large a difference is luck in {nearest:.1%} of cases at most ({test})."
    said = f"Not decided: {verdict.best} leads, but that may be luck (p = {nearest:.3f}, needed below {100 - confidence} %; {test})."
    if verdict.needed:
        return f"{said} To tell the two best apart, about {verdict.needed:,} people a variant would be needed."
    return f"{said} The best two are alike, and no number of people would tell them apart."


def two_proportions(a: Sample, b: Sample) -> float:
    """The two-sided p of “both shares are the same”."""
    pooled = (a.hits + b.hits) / (a.people + b.people)
    error = sqrt(pooled * (1 - pooled) * (1 / a.people + 1 / b.people))
    return _two_sided((a.share - b.share) / error) if error else 1.0


def two_means(a: Sample, b: Sample) -> float:
    error = sqrt(a.variance / a.people + b.variance / b.people)
    return _two_sided((a.mean - b.mean) / error) if error else 1.0


def holm(p_values: dict[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """Corrected for their number: the k-th smallest of m is multiplied by m - k + 1, and none is below an earlier one."""
    corrected, highest = {}, 0.0
    for place, (pair, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        highest = max(highest, min(1.0, p * (len(p_values) - place)))
        corrected[pair] = highest
    return corrected


def people_needed(p1: float, p2: float, confidence: float) -> int | None:
    """In each variant, to tell these two shares apart; None where they are the same."""
    if p1 == p2:
        return None
    middle = (p1 + p2) / 2
    by_chance = _z(1 - (1 - confidence) / 2) * sqrt(2 * middle * (1 - middle))
    by_power = _z(POWER) * sqrt(p1 * (1 - p1) + p2 * (1 - p2))
    return ceil(((by_chance + by_power) / (p1 - p2)) ** 2)


def _verdict(
    ordered: Sequence[Sample], p_values: dict[tuple[str, str], float], confidence: float, needed: int | None
) -> Verdict:
    best, corrected = ordered[0].letter, holm(p_values)
    against = {(b if a == best else a): p for (a, b), p in corrected.items() if best in (a, b)}
    is_decided = max(against.values()) < 1 - confidence
    return Verdict(best, is_decided, against, None if is_decided else needed)


def _too_few(samples: Sequence[Sample]) -> str:
    people, hits = sum(one.people for one in samples), sum(one.hits for one in samples)
    if not people or any(not one.people for one in samples):
        return "Not every variant has reached somebody yet."
    share = hits / people
    fewest = min(one.people for one in samples)
    if fewest * min(share, 1 - share) < FEWEST:
        return f"Too few to say: each variant must be expected to have {FEWEST} who did it and {FEWEST} who did not."
    return ""


def _two_sided(z: float) -> float:
    return 2 * (1 - NORMAL.cdf(abs(z)))


def _z(share: float) -> float:
    return NORMAL.inv_cdf(share)
