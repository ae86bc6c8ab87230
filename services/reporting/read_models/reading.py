"""From summed measures to the parts of a view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.reporting.domain.policy import ReportingPolicy
from services.reporting.read_models.contributions import LONGEST_DAYS
from services.reporting.statistics.median import median
from services.reporting.statistics.wilson import wilson
from services.reporting.views import Count, Median, Proportion
from shared.projecting.reading import Stock, Tree


class Measures:
    """Summed measures as a tree, looked at from one of its branches; zeros are as good as absent."""

    def __init__(self, tree: Tree, path: tuple[str, ...] = ()) -> None:
        self._tree = tree
        self._path = path

    def branches(self) -> list[str]:
        return sorted(name for name, inner in self._tree.items() if type(inner) is dict and counts_something(inner))

    def at(self, *path: str) -> Measures:
        tree: Any = self._tree
        for name in path:
            tree = tree.get(name, {})
        return Measures(tree, (*self._path, *path))

    def number(self, *path: str) -> int:
        *above, last = path
        return int(self.at(*above)._tree.get(last, 0))

    def numbers(self) -> dict[str, int]:
        return {code: n for code, n in self._tree.items() if n and type(n) is not dict}

    def count(self, *path: str) -> Count:
        """One number as a count, zero included; the code is the last word that is not "count"."""
        code = next(name for name in reversed(path) if name != "count")
        return Count(code=code, count=self.number(*path), measure=".".join((*self._path, *path)))

    def counts(self, *path: str, order: Sequence[str] = ()) -> tuple[Count, ...]:
        """Every code under the path: those of `order` first and always, then any others, greatest first."""
        below = self.at(*path)
        found = below.numbers()
        above = ".".join(below._path)
        first = [Count(code, found.get(code, 0), f"{above}.{code}") for code in order]
        others = sorted([(-n, code) for code, n in found.items() if code not in order])
        return (*first, *[Count(code, -n, f"{above}.{code}") for n, code in others])

    def median(self, *path: str, longest: int = LONGEST_DAYS) -> Median:
        """The median of a histogram whose last bucket holds everything longer than `longest`."""
        histogram = {int(days): n for days, n in self.at(*path).numbers().items()}
        value = median(histogram)
        return Median(value=value, of=sum(histogram.values()), beyond=value is not None and value > longest)


def left(tree: Tree, stock: Stock) -> int:
    """What these changes leave of a stock, counted from the beginning of time or from what there was before."""
    found = Measures(tree)
    come, gone = (sum(found.number(*measure.split(".")) for measure in some) for some in (stock.come, stock.gone))
    return come - gone


def counts_something(tree: Tree) -> bool:
    """Is any number in it other than zero?"""
    return any(counts_something(n) if type(n) is dict else n for n in tree.values())


def proportion(part: int, whole: int, policy: ReportingPolicy) -> Proportion:
    """A percentage with its interval when there are enough cases to read one; counts alone otherwise."""
    if whole == 0:
        return Proportion(part=part, whole=0, percent=None, low=None, high=None, display="z")
    interval = wilson(part, whole)
    if whole < policy.least_for_percent or interval is None:
        return Proportion(part=part, whole=whole, percent=None, low=None, high=None, display="")
    percent, low, high = (round(100 * value, 1) for value in (part / whole, *interval))
    return Proportion(part=part, whole=whole, percent=percent, low=low, high=high, display=f"{percent}%")
