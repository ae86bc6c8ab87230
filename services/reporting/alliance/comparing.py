"""Comparing authorities by what they show: the median, and who is in the highest or lowest 20 %.

Only displayed percentages enter, so that nothing hidden can be worked out from a position.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from statistics import median
from typing import Literal

Position = Literal["ABOVE", "BELOW", "AT"]
Flag = Literal["TOP_20", "BOTTOM_20"]
PART = 5
"""A fifth of those that show a percentage is flagged at either end; of fewer than five nobody is."""


def alliance_median(percents: Mapping[str, str]) -> str | None:
    """With one decimal place; None when nobody shows a percentage."""
    if not percents:
        return None
    return str(median(map(Decimal, percents.values())).quantize(Decimal("0.1")))


def positions(percents: Mapping[str, str]) -> dict[str, Position]:
    """By authority, against the exact median."""
    if not percents:
        return {}
    middle = median(map(Decimal, percents.values()))
    return {name: _beside(Decimal(percent), middle) for name, percent in percents.items()}


def flags(percents: Mapping[str, str]) -> dict[str, Flag]:
    """Equals are flagged together, unless that would be at both ends."""
    some = len(percents) // PART
    if not some:
        return {}
    ordered = sorted(map(Decimal, percents.values()))
    low, high = ordered[some - 1], ordered[-some]
    if low == high:
        return {}
    ends: dict[str, Flag] = {}
    for name, percent in percents.items():
        if Decimal(percent) <= low:
            ends[name] = "BOTTOM_20"
        elif Decimal(percent) >= high:
            ends[name] = "TOP_20"
    return ends


def _beside(percent: Decimal, middle: Decimal) -> Position:
    if percent == middle:
        return "AT"
    return "ABOVE" if percent > middle else "BELOW"
