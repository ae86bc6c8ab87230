"""Cells, what is known of them, and the sums that tie them to one another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass

Key = tuple[str, ...]
Interval = tuple[int, int | None]  # lowest and highest possible count; None when nothing bounds it
ANY: Interval = (0, None)


def both(one: Interval, other: Interval) -> Interval:
    """What two intervals have in common."""
    highs = [high for high in (one[1], other[1]) if high is not None]
    return max(one[0], other[0]), min(highs) if highs else None


@dataclass(frozen=True, slots=True)
class Sum:
    """The count of `whole` is that of all `parts` together, and everybody knows that it is."""

    whole: Key
    parts: tuple[Key, ...]

    @property
    def cells(self) -> tuple[Key, ...]:
        return (self.whole, *self.parts)


class Known:
    """What somebody knows: an interval for each cell, and the sums. Only `set` changes it."""

    def __init__(self, sums: Iterable[Sum], intervals: Mapping[Key, Interval]) -> None:
        self.sums = tuple(sums)
        self._intervals: MutableMapping[Key, Interval] = dict(intervals)
        self._touching: dict[Key, list[Sum]] = {}
        for one in self.sums:
            for key in one.cells:
                self._touching.setdefault(key, []).append(one)

    def of(self, key: Key) -> Interval:
        return self._intervals.get(key, ANY)

    def set(self, key: Key, interval: Interval) -> None:
        self._intervals[key] = interval

    def touching(self, key: Key) -> Iterable[Sum]:
        return self._touching.get(key, ())

    def exactly(self, key: Key) -> bool:
        low, high = self.of(key)
        return low == high

    def within(self, one: Sum, key: Key) -> Interval:
        """What this one sum, with what is known of its other cells, says of the cell."""
        if key == one.whole:
            return both(self.of(key), self._added(one.parts))
        low, high = self.of(one.whole)
        least, most = self._added(part for part in one.parts if part != key)
        return both(self.of(key), (0 if most is None else low - most, None if high is None else high - least))

    def component(self, keys: Iterable[Key]) -> Component:
        """Everything unknown that is tied to these cells, directly or through other unknown cells."""
        found = dict.fromkeys(key for key in keys if not self.exactly(key))
        waiting, sums = list(found), dict[Sum, None]()
        while waiting:
            for one in self.touching(waiting.pop()):
                if one not in sums:
                    sums[one] = None
                    new = [key for key in one.cells if key not in found and not self.exactly(key)]
                    found.update(dict.fromkeys(new))
                    waiting.extend(new)
        return Component(tuple(found), tuple(sums))

    def _added(self, keys: Iterable[Key]) -> Interval:
        least, most = 0, 0
        bounded = True
        for key in keys:
            low, high = self.of(key)
            least += low
            if high is None:
                bounded = False
            else:
                most += high
        return least, most if bounded else None


@dataclass(frozen=True, slots=True)
class Component:
    """Unknown cells, and all sums in which any of them stands."""

    cells: tuple[Key, ...]
    sums: tuple[Sum, ...]

    def equations(self, known: Known) -> Iterator[tuple[dict[Key, int], int]]:
        """For each sum the factors of its unknown cells, and what they must come to."""
        for one in self.sums:
            factors, constant = dict[Key, int](), 0
            for key, factor in ((one.whole, -1), *((part, 1) for part in one.parts)):
                low, high = known.of(key)
                if low == high:
                    constant -= factor * low
                else:
                    factors[key] = factors.get(key, 0) + factor
            yield factors, constant
