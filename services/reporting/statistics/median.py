"""The median of whole numbers that were counted into a histogram."""

from __future__ import annotations

from collections.abc import Mapping


def median(histogram: Mapping[int, int]) -> float | None:
    """The exact median of {value: how often}: the middle value, or the mean of the two; None when empty."""
    n = sum(histogram.values())
    if n == 0:
        return None
    return (_nth(histogram, (n - 1) // 2) + _nth(histogram, n // 2)) / 2


def _nth(histogram: Mapping[int, int], index: int) -> int:
    passed = 0
    for value in sorted(histogram):
        passed += histogram[value]
        if index < passed:
            return value
    raise IndexError("the histogram holds fewer values")
