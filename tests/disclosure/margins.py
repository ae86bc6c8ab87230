"""Tables with the sums of their rows and columns, protected as the product does it and in two ways that do not do."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from services.reporting.disclosure.protecting import Cell, Problem, protect
from services.reporting.disclosure.sums import Key, Sum
from tests.disclosure.attacker import Attacker, verdict

SECRET = b"a secret of the tests"


@dataclass(frozen=True)
class Table:
    rows: tuple[tuple[int, ...], ...]

    @property
    def inner(self) -> list[Key]:
        return [_inner(r, c) for r, row in enumerate(self.rows) for c in range(len(row))]

    @property
    def sums(self) -> list[Sum]:
        height, width = len(self.rows), len(self.rows[0])
        by_row = [Sum(("row", str(r)), tuple(_inner(r, c) for c in range(width))) for r in range(height)]
        by_column = [Sum(("column", str(c)), tuple(_inner(r, c) for r in range(height))) for c in range(width)]
        return [
            *by_row,
            *by_column,
            Sum(("all",), tuple(one.whole for one in by_row)),
            Sum(("all",), tuple(one.whole for one in by_column)),
        ]

    @property
    def counts(self) -> dict[Key, int]:
        counts = {_inner(r, c): count for r, row in enumerate(self.rows) for c, count in enumerate(row)}
        for one in self.sums:
            counts[one.whole] = sum(counts[part] for part in one.parts)
        return counts

    def parts(self, key: Key) -> list[Key]:
        """The inner cells that a cell is the sum of."""
        if key == ("all",):
            return self.inner
        return next((list(one.parts) for one in self.sums if one.whole == key), [key])


def _inner(row: int, column: int) -> Key:
    return ("inner", str(row), str(column))


def random_table(chances: random.Random, height: int = 6, width: int = 5) -> Table:
    """Negative binomial counts: many cells of a dozen, and a good quarter of them small."""
    return Table(tuple(tuple(_negative_binomial(chances) for _ in range(width)) for _ in range(height)))


def _negative_binomial(chances: random.Random, mean: float = 10.0, size: float = 1.2) -> int:
    """Poisson with a gamma distributed rate."""
    rate, count, left = chances.gammavariate(size, mean / size), 0, 0.0
    while (left := left + chances.expovariate(1.0)) < rate:
        count += 1
    return count


def audited(table: Table) -> set[Key]:
    counts = table.counts
    cells = [Cell(key, count) for key, count in counts.items()]
    hidden = protect(Problem(counts, table.sums, cells), SECRET)
    assert hidden is not None, "with margins to hide, every table can be made safe"
    return set(hidden)


def small_only(table: Table) -> set[Key]:
    return {key for key, count in table.counts.items() if 0 < count < 6}


def one_more_in_each_line(table: Table) -> set[Key]:
    """What is usually done: where a line has a single hidden cell, its smallest other one is hidden too."""
    counts, hidden = table.counts, small_only(table)
    changed = True
    while changed:
        changed = False
        for one in table.sums:
            cells = [one.whole, *one.parts]
            open_ones = [key for key in cells if key not in hidden and counts[key]]
            if sum(key in hidden for key in cells) == 1 and open_ones:
                hidden.add(min(open_ones, key=lambda key: (counts[key], key)))
                changed = True
    return hidden


def attack(table: Table, hidden: Iterable[Key]) -> list[str]:
    """What somebody makes of each hidden cell who sees the table with these cells marked."""
    attacker, hidden = Attacker(), set(hidden)
    for key, count in table.counts.items():
        attacker.sees(table.parts(key), "c" if key in hidden else str(count))
    return [verdict(*attacker.range_of(table.parts(key))) for key in sorted(hidden)]
