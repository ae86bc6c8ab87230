"""The lowest and highest count that a cell can have, given all that is known: exact, in whole numbers.

The solver is loaded when it is first asked: scipy takes a second and 50 MiB, of every service and relay, and most of
them never ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from services.reporting.disclosure.sums import Component, Interval, Key, Known

# Where nothing bounds a count, this does: more than enough room above the threshold, little enough for the solver.
ROOM = 10_000

Solution = Mapping[Key, int]


def extreme(known: Known, component: Component, keys: Sequence[Key], end: Literal["low", "high"]) -> Solution:
    """Counts of the component's cells that are possible and at which those of `keys` come to the least or the most.

    Raises ArithmeticError when nothing is possible: then what is known contradicts itself.
    """
    from scipy.optimize import Bounds, milp

    place = {key: index for index, key in enumerate(component.cells)}
    sense = 1.0 if end == "low" else -1.0
    objective = [0.0] * len(place)
    for key in keys:
        if key in place:
            objective[place[key]] += sense
    lows, highs = zip(*(_closed(known.of(key)) for key in component.cells), strict=True)
    found = milp(
        objective,
        constraints=_constraints(known, component, place),
        bounds=Bounds(lows, highs),
        integrality=[1] * len(place),
        options={"mip_rel_gap": 0.0},
    )
    if found.x is None:
        raise ArithmeticError("what is known of these cells contradicts itself")
    return {key: round(found.x[index]) for key, index in place.items()}


def in_one_sum(known: Known, component: Component, key: Key) -> Interval | None:
    """The same bounds without a solver, where at most one sum ties the cell to others; None where more do."""
    if not component.sums:
        return known.of(key)
    if len(component.sums) > 1:
        return None
    return known.within(component.sums[0], key)


def _constraints(known: Known, component: Component, place: Mapping[Key, int]) -> list[Any]:
    from scipy.optimize import LinearConstraint
    from scipy.sparse import csr_array

    rows, columns, values, amounts = list[int](), list[int](), list[float](), list[float]()
    for row, (factors, amount) in enumerate(component.equations(known)):
        amounts.append(float(amount))
        for key, factor in factors.items():
            rows.append(row)
            columns.append(place[key])
            values.append(float(factor))
    if not amounts:
        return []
    matrix = csr_array((values, (rows, columns)), shape=(len(amounts), len(place)))
    return [LinearConstraint(matrix, amounts, amounts)]


def _closed(interval: Interval) -> tuple[float, float]:
    low, high = interval
    return float(low), float(low + ROOM if high is None else high)
