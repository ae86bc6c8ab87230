"""Agreement of two raters on the same cases, beyond what chance would give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from services.reporting.statistics.wilson import Z95

Weights = Literal["unweighted", "quadratic"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two raters' paired grades say together: none of these figures is read alone.

    `exact` and `within_one` are fractions, `signed` is the mean of first minus second (positive: the first is the
    more optimistic).
    """

    n: int
    exact: float
    within_one: float
    signed: float


@dataclass(frozen=True, slots=True)
class Kappa:
    """Weighted kappa with its large-sample 95% interval (Fleiss, Cohen and Everitt 1969), cut to -1 and 1."""

    value: float
    low: float
    high: float


def agreement(first: Sequence[int], second: Sequence[int]) -> Agreement | None:
    """None without any pair. Raises ValueError when the lists differ in length."""
    gaps = [a - b for a, b in zip(first, second, strict=True)]
    if not gaps:
        return None
    n = len(gaps)
    return Agreement(n, sum(g == 0 for g in gaps) / n, sum(abs(g) <= 1 for g in gaps) / n, sum(gaps) / n)


def kappa(
    first: Sequence[int], second: Sequence[int], categories: Sequence[int], weights: Weights = "quadratic"
) -> Kappa | None:
    """None ("not calculable") when chance alone would agree entirely, as when both use one and the same category.

    `categories` are all grades of the scale, in order; raises ValueError for a grade outside them.
    """
    if not set(first) | set(second) <= set(categories):
        raise ValueError("a grade is not one of the categories")
    n, weight = len(first), _weight(categories, weights)
    pairs = Counter(zip(first, second, strict=True))
    rows, columns = Counter(first), Counter(second)
    if n == 0:
        return None
    observed = sum(weight(a, b) * k for (a, b), k in pairs.items()) / n
    by_chance = sum(weight(a, b) * rows[a] * columns[b] for a in rows for b in columns) / n**2
    if by_chance == 1:
        return None
    value = (observed - by_chance) / (1 - by_chance)
    reach = Z95 * sqrt(max(0.0, _variance(pairs, n, weight, observed, by_chance)))
    return Kappa(value, max(-1.0, value - reach), min(1.0, value + reach))


def varied(first: Sequence[int], second: Sequence[int]) -> bool:
    """May kappa be shown at all? Not when either rater used one category only: print "not calculable"."""
    return len(set(first)) > 1 and len(set(second)) > 1


def _weight(categories: Sequence[int], weights: Weights) -> Callable[[int, int], float]:
    place = {category: i for i, category in enumerate(categories)}
    widest = max(1, len(categories) - 1)

    def quadratic(a: int, b: int) -> float:
        return 1 - ((place[a] - place[b]) / widest) ** 2

    def unweighted(a: int, b: int) -> float:
        return float(a == b)

    return quadratic if weights == "quadratic" else unweighted


def _variance(
    pairs: Counter[tuple[int, int]], n: int, weight: Callable[[int, int], float], observed: float, by_chance: float
) -> float:
    rows: Counter[int] = Counter()
    columns: Counter[int] = Counter()
    for (a, b), k in pairs.items():
        rows[a] += k
        columns[b] += k
    row_mean = {a: sum(weight(a, b) * columns[b] for b in columns) / n for a in rows}
    column_mean = {b: sum(weight(a, b) * rows[a] for a in rows) / n for b in columns}
    spread = sum(
        k / n * (weight(a, b) * (1 - by_chance) - (row_mean[a] + column_mean[b]) * (1 - observed)) ** 2
        for (a, b), k in pairs.items()
    )
    return (spread - (observed * by_chance - 2 * by_chance + observed) ** 2) / (n * (1 - by_chance) ** 4)
