"""Somebody who sees displays and nothing else, and works out what can be worked out: written apart from the product.

It counts in smallest parts (an authority's month and grade, or an inner cell), puts down every display as an
inequality over them, and asks a solver for the least and the most that a hidden figure can be.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

SMALL = range(1, 6)
LEAST_WIDTH = 5
ENDLESS = 5_000

Part = Any  # whatever names a smallest part


@dataclass
class Attacker:
    """`says` is every display so far: parts, and the least and the most that they come to together."""

    says: list[tuple[tuple[Part, ...], int, int]] = field(default_factory=list)

    def hears(self, parts: Iterable[Part], low: int, high: int = ENDLESS) -> None:
        self.says.append((tuple(parts), low, high))

    def sees(self, parts: Iterable[Part], display: str) -> None:
        """A display: a number, z for none at all, c for a count that is hidden and therefore not zero."""
        if display == "c":
            self.hears(parts, 1)
        else:
            count = 0 if display == "z" else int(display)
            self.hears(parts, count, count)

    def range_of(self, parts: Sequence[Part]) -> tuple[int, int]:
        tied = self._tied_to(parts)
        names = {name: n for n, name in enumerate(dict.fromkeys([*parts, *(p for said in tied for p in said[0])]))}
        rows = np.zeros((len(tied), len(names)))
        for row, (mentioned, _, _) in enumerate(tied):
            for name in mentioned:
                rows[row, names[name]] += 1
        asked = np.zeros(len(names))
        for name in parts:
            asked[names[name]] += 1
        limits = [LinearConstraint(rows, [said[1] for said in tied], [said[2] for said in tied])] if tied else []
        found = []
        for sense in (1, -1):
            solved = milp(
                sense * asked,
                constraints=limits,
                bounds=Bounds(0, ENDLESS),
                integrality=np.ones(len(names)),
                options={"mip_rel_gap": 0.0},
            )
            assert solved.success, "what was displayed contradicts itself"
            found.append(round(sense * solved.fun))
        return found[0], found[1]

    def _tied_to(self, parts: Sequence[Part]) -> list[tuple[tuple[Part, ...], int, int]]:
        """Everything said that has to do with these parts, however far away; parts said outright tie nothing."""
        fixed = {said[0][0] for said in self.says if len(said[0]) == 1 and said[1] == said[2]}
        reached, tied, waiting = set(), dict[int, None](), list(parts)
        places: dict[Part, list[int]] = {}
        for n, said in enumerate(self.says):
            for part in said[0]:
                places.setdefault(part, []).append(n)
        while waiting:
            part = waiting.pop()
            if part in reached:
                continue
            reached.add(part)
            for n in places.get(part, ()):
                if part in fixed and len(self.says[n][0]) > 1:
                    continue
                if n not in tied:
                    tied[n] = None
                    waiting.extend(self.says[n][0])
        outright = [n for n, said in enumerate(self.says) if len(said[0]) == 1 and said[0][0] in reached]
        return [self.says[n] for n in sorted({*tied, *outright})]


def verdict(low: int, high: int) -> str:
    """What the attacker has: an exact count, a range that is too tight, or nothing to speak of."""
    if low == high:
        return "exact"
    return "tight" if high < 6 or high - low < LEAST_WIDTH else "uncertain"


def enumerated(rows: Sequence[int], columns: Sequence[int]) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Every table of counts with these sums of rows and columns: no solver in it."""
    if len(rows) == 1:
        if sum(columns) == rows[0]:
            yield (tuple(columns),)
        return
    for first in itertools.product(*(range(min(rows[0], column) + 1) for column in columns)):
        if sum(first) == rows[0]:
            left = [column - count for column, count in zip(columns, first, strict=True)]
            for rest in enumerated(rows[1:], left):
                yield (first, *rest)
